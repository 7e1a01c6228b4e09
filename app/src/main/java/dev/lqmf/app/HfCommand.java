package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.hub.Account;
import dev.lqmf.hub.HubClient;
import dev.lqmf.hub.HubException;
import dev.lqmf.hub.HubSettings;
import dev.lqmf.hub.HubToken;
import dev.lqmf.hub.ModelId;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lqmf hf}: the account on the Hugging Face Hub. */
@Command(
    name = "hf",
    header = "Signs in to the Hugging Face Hub, which gated and private models need.",
    description = {
      "%nThe token is kept where huggingface_hub keeps it, readable for you alone, so that Python"
          + " finds it too. HF_TOKEN and HUGGINGFACE_TOKEN come before it.%n"
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {"  lqmf hf login", "  lqmf hf status --model meta-llama/Llama-3.1-8B"})
final class HfCommand implements Runnable {
  private final Terminal terminal;
  private final Workplace workplace;
  private final SecretPrompt prompt;

  @Spec @Nullable CommandSpec spec;

  HfCommand(Terminal terminal, Workplace workplace, SecretPrompt prompt) {
    this.terminal = terminal;
    this.workplace = workplace;
    this.prompt = prompt;
  }

  @Override
  public void run() {
    CommandLine commands = Objects.requireNonNull(spec).commandLine();
    throw new ParameterException(
        commands, "no command given: " + String.join(", ", commands.getSubcommands().keySet()));
  }

  @Command(
      name = "login",
      description = "Verifies a token and stores it. Without --token, asks, or reads a line.")
  int login(
      @Option(
              names = "--token",
              paramLabel = "TOKEN",
              description = "Others may see it in the list of processes: rather pipe it in.")
          @Nullable String token)
      throws IOException {
    HubLogin login = new HubLogin(workplace);
    Account account = login.login(token == null ? askedOrRead() : token);
    terminal.out().println("signed in as " + describe(account));
    terminal.out().println("the token is in " + login.files().active());
    Optional<String> hiding = login.hidingVariable();
    if (hiding.isPresent()) {
      terminal.note(hiding.get() + " is set and comes first; unset it to use this token");
    }
    return CommandLine.ExitCode.OK;
  }

  private String askedOrRead() throws IOException {
    if (!prompt.isSomebodyThere()) {
      return firstLine(workplace.input().readAllBytes());
    }
    terminal.out().println("Make a token at https://huggingface.co/settings/tokens, and paste it.");
    terminal.out().flush();
    return prompt
        .ask("Token (it will not be shown): ")
        .orElseThrow(() -> new InputException("no token given", "run it again, and paste one"));
  }

  private static String firstLine(byte[] input) {
    return new String(input, StandardCharsets.UTF_8).lines().findFirst().orElse("");
  }

  @Command(
      name = "status",
      description = "Shows who is signed in, where the token is from, and whether it works.")
  int status(
      @Option(
              names = "--model",
              paramLabel = "ID",
              description = "Also test whether it opens this model.")
          @Nullable String model,
      @Option(names = "--json", description = "Print one JSON object.") boolean json)
      throws IOException {
    HubLogin login = new HubLogin(workplace);
    HubSettings settings = login.settings();
    Optional<HubToken> token = settings.token();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("endpoint", settings.endpoint().toString());
    facts.put("signed_in", token.isPresent());
    if (token.isPresent()) {
      Account account = login.whoAmI(token.get());
      facts.put("token_source", token.get().origin());
      facts.put("user", account.user());
      facts.put("plan", account.plan());
      facts.put("organizations", account.organizations());
      facts.put("token_name", account.tokenName());
      facts.put("token_role", account.role());
    }
    boolean opens = true;
    if (model != null) {
      String refusal = refusal(ModelId.parse(model));
      opens = refusal.isEmpty();
      facts.put("model", model);
      facts.put("access", opens ? "yes" : "no: " + refusal);
    }
    if (json) {
      JsonOutput.print(terminal.out(), facts);
    } else {
      print(facts);
    }
    return opens ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  /** Why a model does not open; empty if it does. */
  private String refusal(ModelId model) throws IOException {
    try {
      HubClient.fromEnvironment(workplace.configuration().environment(), workplace.home())
          .checkAccess(model);
      return "";
    } catch (HubException e) {
      return e.getMessage() + "; " + e.mend();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted");
    }
  }

  private void print(Map<String, Object> facts) {
    if (Boolean.FALSE.equals(facts.get("signed_in"))) {
      terminal.out().println("not signed in; 'lqmf hf login' does it");
    }
    Table table = new Table("", "");
    facts.forEach(
        (name, value) -> {
          String text =
              value instanceof List<?> list
                  ? String.join(", ", list.stream().map(Object::toString).toList())
                  : value.toString();
          if (!name.equals("signed_in") && !text.isEmpty()) {
            table.row(name.replace('_', ' '), text);
          }
        });
    terminal.printBody(table);
  }

  @Command(name = "logout", description = "Removes the stored token from every place it is in.")
  int logout() throws IOException {
    HubLogin login = new HubLogin(workplace);
    List<Path> changed = login.files().clear();
    if (changed.isEmpty()) {
      terminal.out().println("no token was stored");
    }
    changed.forEach(file -> terminal.out().println("removed from " + file));
    Optional<String> variable = login.hidingVariable();
    if (variable.isPresent()) {
      terminal.note(variable.get() + " is set, and still signs you in");
    }
    return CommandLine.ExitCode.OK;
  }

  private static String describe(Account account) {
    return account.user()
        + " ("
        + account.plan()
        + (account.role().isEmpty() ? "" : ", token may " + account.role())
        + ")";
  }
}
