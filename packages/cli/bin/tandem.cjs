#!/usr/bin/env node
// A file of its own, because npm links commands at installation: in a clone nothing is built by then.
require("../dist/bin.cjs");
