export * from "@greenlit/core";
