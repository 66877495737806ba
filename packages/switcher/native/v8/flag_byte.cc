#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "v8/compat.h"
#include "v8/flags.h"
#include "v8/v8_module.h"

namespace greenlit {

namespace {

// One before any change, and four after the flag was set, cleared, set and cleared.
constexpr int kLooks = 5;

using Look = std::vector<std::vector<char>>;

bool IsFlag(const Look* looks, size_t variables, size_t at) {
  for (int look = 1; look < kLooks; look++) {
    if (looks[look][variables][at] != look % 2) return false;
  }
  return true;
}

}  // namespace

// V8's flags are variables of its module. The byte that becomes 1, 0, 1, 0 is the flag. (Other
// threads may change variables meanwhile, but hardly in step with this.)
char* FindFlagByte(const char* name) {
  auto set = [name](bool value) {
    v8::V8::SetFlagsFromString((std::string(value ? "--" : "--no-") + name).c_str());
  };
  auto tag = [] { return v8::ScriptCompiler::CachedDataVersionTag(); };
  const V8Module module = V8Module::Find();
  const uint32_t tag_before = tag();
  bool was_set = false;
  Look looks[kLooks];
  for (int look = 0; look < kLooks; look++) {
    if (look > 0) set(look % 2 != 0);
    if (look == 1) was_set = tag() == tag_before;
    for (const auto& [address, size] : module.variables) {
      looks[look].emplace_back(address, address + size);
    }
  }

  char* found = nullptr;
  size_t hits = 0;
  for (size_t i = 0; i < module.variables.size(); i++) {
    const auto& [address, size] = module.variables[i];
    for (size_t at = 0; at < size; at++) {
      if (!IsFlag(looks, i, at)) continue;
      hits++;
      found = address + at;
      was_set = looks[0][i][at] != 0;
    }
  }
  // Makes V8 compute the tag anew; it keeps that until the next change in the documented way.
  set(was_set);
  tag();
  return hits == 1 ? found : nullptr;
}

}  // namespace greenlit
