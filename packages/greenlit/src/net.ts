export * from "@greenlit/net";
