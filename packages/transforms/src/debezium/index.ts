// Debezium's transforms.
export {};
