package dev.lqmf.model.arch;

/**
 * Powers of float32 numbers as PyTorch computes them on x86-64, to the last bit: by SLEEF's {@code
 * powf} of 1.0 ULP in its form with fused multiply-add. It takes exp(y · ln x) in pairs of floats
 * whose sum is the value: ln by a polynomial in ((m − 1) / (m + 1))², exp by one in the rest after
 * the powers of two are split off. A correctly rounded power differs now and then in the last bit,
 * and with it the rotary factors that llama.cpp's converter writes.
 */
final class TorchPow {
  private static final float LN2_HIGH = 0.69314718246459960938f;
  private static final float LN2_LOW = -1.904654323148236017e-09f;

  /** ln 2 with a high part of few bits, so that its multiples are exact. */
  private static final float LN2_SHORT = 0.693145751953125f;

  private static final float LN2_REST = 1.428606765330187045e-06f;
  private static final float ONE_OVER_LN2 = 1.442695040888963407f;

  private TorchPow() {}

  /** An unevaluated sum; the second term is small against the first. */
  private record Pair(float high, float low) {
    /** A sum of two floats without error. */
    static Pair sum(float a, float b) {
      float s = a + b;
      float v = s - a;
      return new Pair(s, (a - (s - v)) + (b - v));
    }

    Pair plus(float b) {
      Pair s = sum(high, b);
      return new Pair(s.high, s.low + low);
    }

    Pair plus(Pair b) {
      Pair s = sum(high, b.high);
      return new Pair(s.high, s.low + (low + b.low));
    }

    /** A sum where this is known to be the larger. */
    Pair plusSmaller(Pair b) {
      float s = high + b.high;
      return new Pair(s, ((high - s) + b.high) + low + b.low);
    }

    Pair times(float b) {
      float s = high * b;
      return new Pair(s, Math.fma(low, b, Math.fma(high, b, -s)));
    }

    Pair times(Pair b) {
      float s = high * b.high;
      float rest = Math.fma(high, b.high, -s);
      return new Pair(s, Math.fma(high, b.low, Math.fma(low, b.high, rest)));
    }

    Pair squared() {
      float s = high * high;
      return new Pair(s, Math.fma(high + high, low, Math.fma(high, high, -s)));
    }

    Pair over(Pair b) {
      float t = 1 / b.high;
      float s = high * t;
      float rest = Math.fma(t, high, -s);
      float error = Math.fma(-b.low, t, Math.fma(-b.high, t, 1));
      return new Pair(s, Math.fma(s, error, Math.fma(low, t, rest)));
    }

    Pair normalized() {
      float s = high + low;
      return new Pair(s, (high - s) + low);
    }
  }

  /**
   * x to the power y.
   *
   * @param x positive and finite, not subnormal
   * @param y finite, such that the result is finite and not subnormal
   */
  static float pow(float x, float y) {
    return exp(ln(x).times(y));
  }

  private static Pair ln(float d) {
    int exponent = Math.getExponent(d * (1 / 0.75f));
    float m = Math.scalb(d, -exponent);
    Pair x = Pair.sum(-1, m).over(Pair.sum(1, m));
    Pair square = x.squared();
    float t = 0.240320354700088500976562f;
    t = Math.fma(t, square.high(), 0.285112679004669189453125f);
    t = Math.fma(t, square.high(), 0.400007992982864379882812f);
    Pair c = new Pair(0.66666662693023681640625f, 3.69183861259614332084311e-09f);
    return new Pair(LN2_HIGH, LN2_LOW)
        .times(exponent)
        .plusSmaller(new Pair(x.high() * 2, x.low() * 2))
        .plusSmaller(square.times(x).times(square.times(t).plus(c)));
  }

  private static float exp(Pair d) {
    float q = (float) Math.rint((d.high() + d.low()) * ONE_OVER_LN2);
    Pair s = d.plus(q * -LN2_SHORT).plus(q * -LN2_REST).normalized();
    float u = 0.00136324646882712841033936f;
    u = Math.fma(u, s.high(), 0.00836596917361021041870117f);
    u = Math.fma(u, s.high(), 0.0416710823774337768554688f);
    u = Math.fma(u, s.high(), 0.166665524244308471679688f);
    u = Math.fma(u, s.high(), 0.499999850988388061523438f);
    Pair t = new Pair(1, 0).plusSmaller(s.plusSmaller(s.squared().times(u)));
    return Math.scalb(t.high() + t.low(), (int) q);
  }
}
