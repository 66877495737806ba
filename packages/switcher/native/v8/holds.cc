#include "v8/holds.h"

#include <dlfcn.h>
#include <node_api.h>

#include <array>

#include "v8/layout.h"

namespace greenlit {

namespace {

// Bytes of a napi_env that are looked at.
constexpr size_t kAddonBytes = 256;

using Addon = std::array<int32_t, kAddonBytes / sizeof(int32_t)>;

}  // namespace

Holds::Holds(const Layout& layout, const void* node_environment)
    : active_stack_(layout.active_stack),
      wasm_stacks_(layout.wasm_stacks),
      idle_wasm_stacks_(layout.idle_wasm_stacks),
      try_catch_(layout.try_catch),
      next_try_catch_(layout.next_try_catch),
      node_environment_(reinterpret_cast<uintptr_t>(node_environment)) {
  // An object with virtual functions begins with an address: that of the third word of the table of
  // its class.
  auto functions = reinterpret_cast<uintptr_t>(dlsym(RTLD_DEFAULT, "_ZTV15node_napi_env__"));
  addon_class_ = functions == 0 ? 0 : functions + 2 * sizeof(uintptr_t);
}

bool Holds::HasOpenHandleScope(const Seen& seen) {
  bool may_be = seen.behind != node_environment_;
  if (may_be && (seen.behind == addon_ || IsAddon(seen.behind))) {
    addon_ = seen.behind;
    return OpenHandleScopes(addon_) > 0;
  }
  harmless_[seen.Slot()] = seen;
  return false;
}

bool Holds::IsAddon(uintptr_t address) const {
  uintptr_t first;
  return addon_class_ != 0 && ProbeRead(address, &first, sizeof(first)) && first == addon_class_;
}

// Opens a handle scope: the count is the integer that grows by one.
int32_t Holds::OpenHandleScopes(uintptr_t addon) {
  auto read = [addon](Addon* words) { return ProbeRead(addon, words->data(), sizeof(*words)); };
  if (counter_ == 0) {
    auto env = reinterpret_cast<napi_env>(addon);
    Addon before, open;
    napi_handle_scope scope;
    if (!read(&before) || napi_open_handle_scope(env, &scope) != napi_ok) return 0;
    bool seen = read(&open);
    napi_close_handle_scope(env, scope);
    size_t hits = 0, at = 0;
    for (size_t i = 0; seen && i < open.size(); i++) {
      if (open[i] != before[i] + 1) continue;
      hits++;
      at = i * sizeof(int32_t);
    }
    if (hits != 1) return 0;
    counter_ = at;
  }
  int32_t count;
  memcpy(&count, reinterpret_cast<const char*>(addon) + counter_, sizeof(count));
  return count;
}

}  // namespace greenlit
