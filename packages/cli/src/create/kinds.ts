/** What `tandem create` can write a project of. */
export const KINDS = ["transform", "keystore", "processor"] as const;
export type Kind = (typeof KINDS)[number];
