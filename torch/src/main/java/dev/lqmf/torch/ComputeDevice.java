package dev.lqmf.torch;

import dev.lqmf.tensor.InputException;
import java.util.OptionalInt;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;

/** Where tensors are and operations run. */
public enum ComputeDevice {
  /** The processor. */
  CPU,
  /** The first NVIDIA GPU. */
  CUDA;

  /**
   * A device by its name, in either case.
   *
   * @throws InputException if there is none of that name
   */
  public static ComputeDevice named(String name) {
    for (ComputeDevice d : values()) {
      if (d.name().equalsIgnoreCase(name)) {
        return d;
      }
    }
    throw new InputException(
        "the device %s is not known".formatted(InputException.quote(name)), "use cpu or cuda");
  }

  /**
   * How many threads give it work. A GPU does what threads ask for one after the other anyway, and
   * libtorch prepares some operations, attention in bfloat16 among them, anew for each thread.
   *
   * @param asked of the CPU; absent: as many as there are cores
   */
  int threads(OptionalInt asked) {
    return this == CUDA ? 1 : asked.orElse(Runtime.getRuntime().availableProcessors());
  }

  /**
   * As libtorch has it; belongs to the enclosing scope.
   *
   * @throws GpuException if this machine, or the libtorch on the class path, has no such device
   */
  Device open() {
    LibTorch.load();
    if (this == CUDA && !torch.cuda_is_available()) {
      throw new GpuException(
          "there is no GPU that can be used: no NVIDIA driver, or libtorch without CUDA",
          "use the device cpu, or a libtorch with CUDA: README.md has two ways to one");
    }
    return new Device(this == CUDA ? DeviceType.CUDA : DeviceType.CPU);
  }
}
