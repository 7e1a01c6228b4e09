package dev.lqmf.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Calendar;
import java.util.Date;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of docs/architecture.md that Maven's modules do not enforce. */
class ArchitectureTest {
  private static final JavaClasses PROGRAM =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.lqmf");

  private static final List<String> MODULES =
      List.of("tensor", "quant", "model", "tokenizer", "torch", "hub", "runtime", "factory", "app");

  @ParameterizedTest
  @CsvSource({
    "tensor, ''",
    "quant, tensor",
    "model, tensor",
    "tokenizer, tensor model",
    "torch, tensor quant model tokenizer",
    "hub, tensor",
    "runtime, tensor quant model tokenizer torch",
    "factory, tensor quant model tokenizer torch hub runtime"
  })
  void aModuleKnowsOnlyTheOnesBelow(String module, String below) {
    String[] unknown =
        MODULES.stream()
            .filter(m -> !m.equals(module) && !List.of(below.split(" ")).contains(m))
            .map(m -> "dev.lqmf." + m + "..")
            .toArray(String[]::new);

    noClasses()
        .that()
        .resideInAPackage("dev.lqmf." + module + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(unknown)
        .check(PROGRAM);
  }

  /**
   * A module's main package is left out: it lists the implementations in the packages below it,
   * which implement its interfaces.
   */
  @ParameterizedTest
  @ValueSource(strings = {"dev.lqmf.(*)..", "dev.lqmf.(*).(**)"})
  void thereAreNoCycles(String slices) {
    slices().matching(slices).should().beFreeOfCycles().check(PROGRAM);
  }

  /** A JVM without it must be able to load everything else. */
  @Test
  void onlyTheVectorKernelsUseTheVectorApi() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.lqmf.quant", "dev.lqmf.quant.vector..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator.vector..")
        .check(PROGRAM);
  }

  @ParameterizedTest
  @CsvSource({
    "de.kherud.., dev.lqmf.runtime..",
    "org.bytedeco.., dev.lqmf.torch..",
    "ai.djl.., dev.lqmf.tokenizer..",
    "dev.langchain4j.., dev.lqmf.factory.llm..",
    "org.jline.., dev.lqmf.app..",
    "picocli.., dev.lqmf.app..",
    "org.sqlite.., dev.lqmf.factory.memory..",
    "org.jdbi.., dev.lqmf.factory.memory..",
    "org.flywaydb.., dev.lqmf.factory.memory..",
    "io.github.cdimascio.., dev.lqmf.factory.config.."
  })
  void aLibraryHasOneUser(String library, String user) {
    noClasses()
        .that()
        .resideOutsideOfPackage(user)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(PROGRAM);
  }

  /** Standard output is for results. NativeLibrary keeps a library from writing there. */
  @Test
  void onlyTheAppPrints() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.lqmf.app..")
        .and()
        .doNotHaveSimpleName("NativeLibrary")
        .should(ACCESS_STANDARD_STREAMS)
        .check(PROGRAM);
  }

  @Test
  void datesAreThoseOfJavaTime() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Date.class, Calendar.class, java.text.DateFormat.class)
        .check(PROGRAM);
  }

  @Test
  void everyPackageIsNullMarked() {
    Stream<JavaClass> unmarked =
        PROGRAM.stream().filter(c -> !c.getPackage().isAnnotatedWith(NullMarked.class));

    assertThat(unmarked.map(JavaClass::getPackageName).distinct()).isEmpty();
  }

  @Test
  void everyModuleIsLookedAt() {
    assertThat(MODULES)
        .allSatisfy(m -> assertThat(PROGRAM.containPackage("dev.lqmf." + m)).isTrue());
  }
}
