"""Load generator and peers for the benchmarks in this directory: many TLS members in one channel."""
