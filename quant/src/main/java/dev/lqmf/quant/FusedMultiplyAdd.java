package dev.lqmf.quant;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;

/** What the processor can do about {@link Math#fma}. */
public final class FusedMultiplyAdd {
  private static final boolean FAST = fast();

  private FusedMultiplyAdd() {}

  private static boolean fast() {
    HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    return vm != null && Boolean.parseBoolean(vm.getVMOption("UseFMA").getValue());
  }

  /**
   * Whether it is an instruction, compiled or not. Else it takes some 30 microseconds, and products
   * with packed weights, which are made of it, are not worth their while.
   */
  public static boolean isFast() {
    return FAST;
  }
}
