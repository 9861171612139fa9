/** The sidebar: every page of docs/ stands here once (a test looks). */
export const PAGES: readonly { readonly text: string; readonly pages: Readonly<Record<string, string>> }[] = [
  {
    text: "Guide",
    pages: {
      "getting-started": "From zero to a running pipeline",
      "compose-your-own-processor": "Compose your own processor",
      "migrate-from-connect": "Migrate from Kafka Connect",
      "separate-topics": "Connectors with topics of their own",
      "what-can-still-go-wrong": "What can still go wrong",
    },
  },
  {
    text: "Extend it",
    pages: {
      "write-a-transform": "Write a transform",
      "write-a-key-store": "Write a key store",
      "simulate-your-pipeline": "Simulate your pipeline",
    },
  },
  {
    text: "Deduplication",
    pages: {
      identity: "Identity strategies",
      stores: "Key stores",
      "late-and-diverged": "Late and diverged changes",
      "explain-and-survey": "Explain and survey",
    },
  },
  {
    text: "Operations",
    pages: {
      operations: "Running it",
      administration: "Administration API",
      doctor: "Doctor",
      "dead-letters": "Dead letters",
      replay: "Replays",
      security: "Security",
      limits: "Limits",
    },
  },
  { text: "Reference", pages: { configuration: "Configuration", transforms: "Transforms and predicates" } },
  {
    text: "What is behind it",
    pages: {
      reliability: "Reliability",
      performance: "Performance",
      acceptance: "Acceptance",
      decisions: "Decisions",
    },
  },
];
