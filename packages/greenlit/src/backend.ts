export * from "@greenlit/backend";
