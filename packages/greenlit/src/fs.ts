export * from "@greenlit/fs";
