package dev.lqmf.factory.plan;

import dev.lqmf.factory.decide.Device;
import dev.lqmf.factory.machine.Gpu;
import dev.lqmf.factory.machine.Machine;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The memory that a model may take.
 *
 * @param bytes at most
 * @param device whose memory it is
 * @param source where the number comes from, for people
 */
public record Budget(long bytes, Device device, String source) {
  /** The variable that limits what is used of a card. */
  public static final String VARIABLE = "GPU_MEMORY_LIMIT";

  private static final Pattern SIZE =
      Pattern.compile("(?i)\\s*(\\d{1,18}(?:\\.\\d{1,9})?)\\s*([kmgt]?)(i?)b?\\s*");

  /** Looks at the machine only when it must. */
  @FunctionalInterface
  public interface MachineLook {
    Machine look() throws IOException;
  }

  /**
   * A size: {@code 8GB}, {@code 6.5G}, {@code 8GiB}; a plain number is in GB if it is small, as
   * people write it into {@code GPU_MEMORY_LIMIT}.
   *
   * @throws InputException if it is none
   */
  public static long parse(String text) {
    Matcher matcher = SIZE.matcher(text);
    if (matcher.matches()) {
      BigDecimal number = new BigDecimal(matcher.group(1));
      String unit = matcher.group(2).toLowerCase(Locale.ROOT);
      int power = unit.isEmpty() ? 0 : "kmgt".indexOf(unit) + 1;
      if (power == 0 && number.compareTo(BigDecimal.valueOf(1024)) <= 0) {
        power = 3;
      }
      BigDecimal step = BigDecimal.valueOf(matcher.group(3).isEmpty() ? 1000 : 1024);
      BigDecimal bytes = number.multiply(step.pow(power));
      if (bytes.signum() > 0 && bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) < 0) {
        return bytes.longValue();
      }
    }
    throw new InputException(
        InputException.quote(text) + " is not an amount of memory", "write it as in 8GB or 6.5G");
  }

  /**
   * The budget of a plan: what the user says, else {@code GPU_MEMORY_LIMIT}, else what is free on
   * the card with the most, else what is free of the main memory.
   *
   * @param said bytes that the user named
   * @param device where the user wants the model to run
   * @param limit value of {@code GPU_MEMORY_LIMIT}
   * @throws InputException if the variable holds no size
   */
  public static Budget of(
      OptionalLong said, Optional<Device> device, Optional<String> limit, MachineLook machine)
      throws IOException {
    if (said.isPresent()) {
      return new Budget(said.getAsLong(), device.orElse(Device.GPU), "as asked for");
    }
    boolean onCpu = device.equals(Optional.of(Device.CPU));
    if (!onCpu && limit.isPresent() && !limit.get().isBlank()) {
      try {
        return new Budget(parse(limit.get()), Device.GPU, VARIABLE);
      } catch (InputException e) {
        throw new InputException(VARIABLE + ": " + e.getMessage(), e.mend(), e);
      }
    }
    Machine found = machine.look();
    Optional<Gpu> gpu = onCpu ? Optional.empty() : found.roomiestGpu();
    return gpu.isPresent()
        ? new Budget(gpu.get().freeBytes(), Device.GPU, "free on the " + gpu.get().name())
        : new Budget(found.freeMemoryBytes(), Device.CPU, "free main memory");
  }
}
