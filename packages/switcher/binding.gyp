{
  "targets": [
    {
      "target_name": "greenlit_switcher",
      "include_dirs": ["native"],
      "sources": [
        "native/binding.cc",
        "native/drivers/drivers.cc",
        "native/drivers/thread_driver.cc",
        "native/tools/interrupter.cc",
        "native/tools/monitor.cc",
        "native/tools/sampler.cc",
        "native/v8/flags.cc",
        "native/v8/late_interrupts.cc",
      ],
      "conditions": [
        ["OS=='linux' and (target_arch=='x64' or target_arch=='arm64')", {
          "sources": [
            "native/drivers/direct_driver.cc",
            "native/drivers/drivers_linux.cc",
            "native/drivers/locker_driver.cc",
            "native/machine/memory_probe.cc",
            "native/machine/stack_memory.cc",
            "native/v8/flag_byte.cc",
            "native/v8/gc_callbacks.cc",
            "native/v8/holds.cc",
            "native/v8/isolate_state.cc",
            "native/v8/isolate_words.cc",
            "native/v8/layout.cc",
            "native/v8/second_thread.cc",
            "native/v8/thread_list.cc",
            "native/v8/unarchived_words.cc",
            "native/v8/v8_module.cc",
          ],
        }, {
          "sources": [
            "native/drivers/drivers_portable.cc",
            "native/v8/unknown_layout.cc",
          ],
        }],
        ["OS=='linux' and target_arch=='x64'", {
          "sources": ["native/machine/switch_registers_x64.S"],
          "cflags": ["-fcf-protection=full"],
        }],
        ["OS=='linux' and target_arch=='arm64'", {
          "sources": ["native/machine/switch_registers_arm64.S"],
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
