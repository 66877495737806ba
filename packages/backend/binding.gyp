{
  "targets": [
    {
      "target_name": "greenlit_backend",
      "include_dirs": ["native"],
      # Node-API and libuv alone, so one binary serves every Node.
      "defines": ["NAPI_VERSION=8"],
      "sources": [
        "native/address.cc",
        "native/binding.cc",
        "native/cached_files.cc",
        "native/deliverer.cc",
        "native/poll_poller.cc",
        "native/poller.cc",
        "native/select_poller.cc",
        "native/system.cc",
        "native/uv_poller.cc",
      ],
      "conditions": [
        ["OS=='linux'", {
          "sources": [
            "native/epoll_poller.cc",
            "native/no_ring.cc",
            "native/ring.cc",
            "native/ring_files.cc",
            "native/ring_loop.cc",
          ],
        }, {
          "sources": ["native/no_epoll.cc", "native/no_ring.cc"],
        }],
      ],
      "cflags_cc": [
        "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-cast-function-type",
        "-fvisibility=hidden", "-fno-omit-frame-pointer",
      ],
      "cflags!": ["-O3"],
      "cflags": ["-O2"],
    },
  ],
}
