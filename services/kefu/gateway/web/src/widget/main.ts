/** What a site embeds: a button, and the chat in an iframe once it is opened. */
export {};
