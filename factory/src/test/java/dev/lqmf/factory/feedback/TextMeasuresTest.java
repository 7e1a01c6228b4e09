package dev.lqmf.factory.feedback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TextMeasuresTest {
  @Test
  void countsWordsAndWhatRepeats() {
    // Words: the cat sat the cat sat the cat. Sequences of four: 5, of which 3 differ.
    TextMeasures m = TextMeasures.of("A prompt", "The cat sat. The cat sat; the cat");

    assertThat(m.words()).isEqualTo(8);
    assertThat(m.distinct1()).isEqualTo(3.0 / 8);
    assertThat(m.distinct2()).isEqualTo(3.0 / 7);
    assertThat(m.repetition()).isCloseTo(2.0 / 5, within(1e-12));
    assertThat(m.coherence()).isCloseTo(3.0 / 5, within(1e-12));
  }

  @Test
  void aTextWithoutWordsIsNotCoherent() {
    assertThat(TextMeasures.of("A prompt", "").coherence()).isZero();
    assertThat(TextMeasures.of("A prompt", "?!…").coherence()).isZero();
  }

  @Test
  void halfCharactersAreMalformed() {
    TextMeasures m = TextMeasures.of("A prompt", "ab\uFFFD\u0001");

    assertThat(m.malformed()).isEqualTo(0.5);
    assertThat(m.coherence()).isEqualTo(0.5);
  }

  @Test
  void lettersOfScriptsThatWereNotAskedInAreInconsistent() {
    // Five Latin letters and five Cyrillic ones; digits and the mathematical 𝑥 have no script.
    assertThat(TextMeasures.of("Say hello", "hello приве 42 𝑥").consistency()).isEqualTo(0.5);
    assertThat(TextMeasures.of("Скажи hello", "hello приве").consistency()).isEqualTo(1);
    assertThat(TextMeasures.of("1 + 1 =", "два").consistency()).isEqualTo(1);
  }
}
