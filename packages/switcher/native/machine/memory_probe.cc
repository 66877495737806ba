#include "machine/memory_probe.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace greenlit {

bool ProbeRead(uintptr_t address, void* out, size_t size) {
  struct iovec local = {out, size};
  struct iovec remote = {reinterpret_cast<void*>(address), size};
  ssize_t count = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
  if (count < 0 && errno != EFAULT) return ProbeReadThroughPipe(address, out, size);
  return count == static_cast<ssize_t>(size);
}

// write() fails with EFAULT when it cannot read the bytes. It writes to a pipe, because a write to
// /dev/null succeeds without reading them. Each call makes its own pipe, because several threads
// may probe at the same time.
bool ProbeReadThroughPipe(uintptr_t address, void* out, size_t size) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
  constexpr size_t kChunk = 4096;  // every pipe holds as much
  size_t done = 0;
  while (done < size) {
    auto chunk = static_cast<ssize_t>(std::min(kChunk, size - done));
    if (write(ends[1], reinterpret_cast<void*>(address + done), chunk) != chunk) break;
    if (read(ends[0], static_cast<char*>(out) + done, chunk) != chunk) break;
    done += chunk;
  }
  close(ends[0]);
  close(ends[1]);
  return done == size;
}

std::vector<uintptr_t> ProbeWords(uintptr_t address, size_t max_words) {
  constexpr size_t kChunk = 512;  // at most the smallest page, so that no mapped page is missed
  std::vector<uintptr_t> words(max_words);
  size_t count = 0;
  while (count + kChunk <= max_words && ProbeRead(address + count * sizeof(uintptr_t),
                                                  &words[count], kChunk * sizeof(uintptr_t))) {
    count += kChunk;
  }
  words.resize(count);
  return words;
}

}  // namespace greenlit
