{
  "targets": [
    {
      "target_name": "greenlit_switcher",
      "sources": [
        "native/binding.cc",
        "native/monitor.cc",
        "native/sampler.cc",
        "native/late_interrupts.cc",
        "native/thread_driver.cc",
      ],
      "conditions": [
        ["OS=='linux' and (target_arch=='x64' or target_arch=='arm64')", {
          "sources": [
            "native/direct_driver.cc",
            "native/drivers_linux.cc",
            "native/isolate_state.cc",
            "native/layout.cc",
            "native/locker_driver.cc",
            "native/memory_probe.cc",
            "native/stack_memory.cc",
            "native/thread_list.cc",
          ],
        }, {
          "sources": ["native/drivers_portable.cc"],
        }],
        ["OS=='linux' and target_arch=='x64'", {
          "sources": ["native/switch_registers_x64.S"],
        }],
        ["OS=='linux' and target_arch=='arm64'", {
          "sources": ["native/switch_registers_arm64.S"],
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
