import { describe, expect, expectTypeOf, it } from "vitest";
import { Channel, ChannelClosed, joinAll, sleep, spawn, Timeout } from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

describe("Channel", () => {
  it(
    "without capacity: send returns when the item is received",
    green(() => {
      const channel = new Channel<number>();
      expectTypeOf(channel.receive).returns.toEqualTypeOf<number>();
      const log: string[] = [];
      const sender = spawn(() => {
        for (let i = 0; i < 3; i++) {
          channel.send(i);
          log.push(`sent ${i}`);
        }
      });
      sleep(0);
      expect(log).toEqual([]);
      for (let i = 0; i < 3; i++) {
        expect(channel.receive()).toBe(i);
        sleep(0);
        expect(log.length).toBe(i + 1);
      }
      sender.get();
    }),
  );

  it(
    "with capacity: so many sends go ahead, and the order stays",
    green(() => {
      const channel = new Channel<number>(2);
      let sent = 0;
      const sender = spawn(() => {
        for (let i = 0; i < 6; i++) {
          channel.send(i);
          sent++;
        }
        channel.close();
      });
      sleep(0);
      expect(sent).toBe(2);
      expect(channel.receive()).toBe(0);
      sleep(0);
      expect(sent).toBe(3);
      expect([...channel]).toEqual([1, 2, 3, 4, 5]);
      sender.get();
    }),
  );

  it(
    "serves both sides first come first served",
    green(() => {
      const channel = new Channel<string>();
      const receivers = [0, 1, 2].map(() => spawn(() => channel.receive()));
      sleep(0);
      for (const item of ["a", "b", "c"]) channel.send(item);
      expect(receivers.map((g) => g.get())).toEqual(["a", "b", "c"]);
      const senders = ["x", "y", "z"].map((item) => spawn(() => channel.send(item)));
      sleep(0);
      expect([channel.receive(), channel.receive(), channel.receive()]).toEqual(["x", "y", "z"]);
      joinAll(senders);
    }),
  );

  it(
    "a call that is killed or times out has sent or received nothing",
    green(() => {
      const channel = new Channel<number>();
      expect(thrownBy(() => channel.send(1, { timeout: 1 }))).toBeInstanceOf(Timeout);
      const killed = spawn(() => channel.send(2));
      sleep(0);
      killed.kill();
      expect(channel.ready).toBe(false);
      expect(thrownBy(() => channel.receive({ timeout: 1 }))).toBeInstanceOf(Timeout);
      const receiver = spawn(() => channel.receive());
      sleep(0);
      receiver.kill();
      const sender = spawn(() => channel.send(3));
      expect(channel.receive()).toBe(3);
      sender.get();
    }),
  );

  it(
    "closed: nothing goes in, what is in comes out, who waits is told",
    green(() => {
      const channel = new Channel<number>(1);
      channel.send(1);
      const sender = spawn(() => thrownBy(() => channel.send(2)));
      sleep(0);
      channel.close();
      channel.close();
      expect(channel.closed).toBe(true);
      expect(sender.get()).toBeInstanceOf(ChannelClosed);
      expect(thrownBy(() => channel.send(3))).toMatchObject({
        code: "ERR_GREENLIT_CHANNEL_CLOSED",
      });
      expect(channel.receive()).toBe(1);
      expect(thrownBy(() => channel.receive())).toBeInstanceOf(ChannelClosed);
      const other = new Channel();
      const receiver = spawn(() => thrownBy(() => other.receive()));
      sleep(0);
      other.close();
      expect(receiver.get()).toBeInstanceOf(ChannelClosed);
    }),
  );

  it("its capacity must be a whole number from 0 on", () => {
    for (const wrong of [-1, 1.5, Number.NaN]) expect(() => new Channel(wrong)).toThrow(RangeError);
  });
});
