package dev.lqmf.factory.decide;

/** What a model is to be run on. */
public enum Device {
  CPU,
  GPU
}
