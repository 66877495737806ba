// Addresses as JavaScript has them: { family: 4 | 6, address, port } or { path }.

#ifndef GREENLIT_ADDRESS_H_
#define GREENLIT_ADDRESS_H_

#include <node_api.h>
#include <sys/socket.h>

namespace greenlit {

struct Address {
  sockaddr_storage storage = {};
  socklen_t length = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  // Returns 0, or -errno: EINVAL for what is no address, ENAMETOOLONG for a path that is too long.
  int Read(napi_env env, napi_value value);
  napi_value Write(napi_env env) const;
};

}  // namespace greenlit

#endif  // GREENLIT_ADDRESS_H_
