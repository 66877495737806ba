#include "address.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <net/if.h>
#include <netinet/in.h>
#include <string>
#include <sys/un.h>

namespace greenlit {

namespace {

napi_value Property(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  napi_get_named_property(env, object, name, &value);
  return value;
}

// Returns false when the value is no string.
bool Text(napi_env env, napi_value value, std::string* text) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) return false;
  text->resize(length);
  napi_get_value_string_utf8(env, value, text->data(), length + 1, &length);
  return true;
}

void Put(napi_env env, napi_value object, const char* name, const std::string& text) {
  napi_value value;
  napi_create_string_utf8(env, text.data(), text.size(), &value);
  napi_set_named_property(env, object, name, value);
}

void Put(napi_env env, napi_value object, const char* name, int number) {
  napi_value value;
  napi_create_int32(env, number, &value);
  napi_set_named_property(env, object, name, value);
}

}  // namespace

int Address::Read(napi_env env, napi_value value) {
  std::string text;
  if (Text(env, Property(env, value, "path"), &text)) {
    auto* to = reinterpret_cast<sockaddr_un*>(&storage);
    // A name in Linux's abstract space begins with a zero byte, and has none at its end.
    const bool is_abstract = !text.empty() && text[0] == '\0';
    if (text.size() + (is_abstract ? 0 : 1) > sizeof(to->sun_path)) return -ENAMETOOLONG;
    to->sun_family = AF_UNIX;
    memcpy(to->sun_path, text.data(), text.size());
    length = offsetof(sockaddr_un, sun_path) + text.size() + (is_abstract ? 0 : 1);
    return 0;
  }
  int32_t port = 0;
  napi_get_value_int32(env, Property(env, value, "port"), &port);
  int32_t family = 0;
  napi_get_value_int32(env, Property(env, value, "family"), &family);
  if (port < 0 || port > 65535 || !Text(env, Property(env, value, "address"), &text)) {
    return -EINVAL;
  }
  if (family == 4) {
    auto* to = reinterpret_cast<sockaddr_in*>(&storage);
    to->sin_family = AF_INET;
    to->sin_port = htons(port);
    length = sizeof(*to);
    return inet_pton(AF_INET, text.c_str(), &to->sin_addr) == 1 ? 0 : -EINVAL;
  }
  auto* to = reinterpret_cast<sockaddr_in6*>(&storage);
  to->sin6_family = AF_INET6;
  to->sin6_port = htons(port);
  length = sizeof(*to);
  // fe80::1%eth0: the part behind the sign is an interface, by name or number.
  const size_t sign = text.find('%');
  if (sign != std::string::npos) {
    const std::string zone = text.substr(sign + 1);
    to->sin6_scope_id = if_nametoindex(zone.c_str());
    if (to->sin6_scope_id == 0) to->sin6_scope_id = atoi(zone.c_str());
    text.resize(sign);
  }
  return inet_pton(AF_INET6, text.c_str(), &to->sin6_addr) == 1 ? 0 : -EINVAL;
}

napi_value Address::Write(napi_env env) const {
  napi_value object;
  napi_create_object(env, &object);
  char text[INET6_ADDRSTRLEN];
  switch (storage.ss_family) {
    case AF_INET: {
      const auto* from = reinterpret_cast<const sockaddr_in*>(&storage);
      Put(env, object, "family", 4);
      Put(env, object, "address", inet_ntop(AF_INET, &from->sin_addr, text, sizeof(text)));
      Put(env, object, "port", ntohs(from->sin_port));
      break;
    }
    case AF_INET6: {
      const auto* from = reinterpret_cast<const sockaddr_in6*>(&storage);
      std::string address = inet_ntop(AF_INET6, &from->sin6_addr, text, sizeof(text));
      char zone[IF_NAMESIZE];
      if (from->sin6_scope_id != 0 && if_indextoname(from->sin6_scope_id, zone) != nullptr) {
        address += std::string("%") + zone;
      }
      Put(env, object, "family", 6);
      Put(env, object, "address", address);
      Put(env, object, "port", ntohs(from->sin6_port));
      break;
    }
    default: {
      // A socket that was never bound has no path.
      const auto* from = reinterpret_cast<const sockaddr_un*>(&storage);
      const size_t start = offsetof(sockaddr_un, sun_path);
      const size_t size = length > start ? length - start : 0;
      const bool is_abstract = size > 0 && from->sun_path[0] == '\0';
      Put(env, object, "path",
          is_abstract ? std::string(from->sun_path, size)
                      : std::string(from->sun_path, strnlen(from->sun_path, size)));
    }
  }
  return object;
}

}  // namespace greenlit
