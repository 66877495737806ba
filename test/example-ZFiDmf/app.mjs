import { joinAll, sleep, spawn } from "greenlit";

function cook(dish, ms) {
  console.log(`${dish}: into the oven`);
  sleep(ms); // only this greenlet waits
  console.log(`${dish}: done`);
}

joinAll([spawn(cook, "bread", 300), spawn(cook, "biscuits", 10)]);
console.log("dinner");
