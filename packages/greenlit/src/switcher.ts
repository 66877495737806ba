export * from "@greenlit/switcher";
