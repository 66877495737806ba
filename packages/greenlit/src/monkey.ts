export * from "@greenlit/monkey";
