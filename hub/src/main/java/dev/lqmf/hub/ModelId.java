package dev.lqmf.hub;

import dev.lqmf.tensor.InputException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A model on the Hugging Face Hub at a revision: {@code org/name}, or {@code name} for the models
 * that are older than organisations ({@code gpt2}).
 *
 * <p>The rules are the Hub's own: each part has 1 to 96 of the characters {@code A-Z a-z 0-9 - _
 * .}, begins and ends with a letter, a digit or an underscore, and the whole holds neither {@code
 * --} nor {@code ..} and does not end with {@code .git}. A revision is a branch, a tag, {@code
 * refs/pr/N} or a commit; it becomes a file name in the cache, so it must be a valid git reference
 * name, which cannot leave its directory.
 *
 * @param repository {@code org/name} or {@code name}
 * @param revision branch, tag or commit; {@value #DEFAULT_REVISION} unless the user says otherwise
 */
public record ModelId(String repository, String revision) {
  /** The branch that is meant when no revision is given. */
  public static final String DEFAULT_REVISION = "main";

  private static final Pattern REPOSITORY =
      Pattern.compile("(\\b[\\w\\-.]{1,96}\\b/)?\\b[\\w\\-.]{1,96}\\b");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

  /** What git does not allow in the name of a reference. */
  private static final Pattern NOT_A_REFERENCE =
      Pattern.compile(
          "[\\x00-\\x20\\x7f~^:?*\\[\\\\]|\\.\\.|@\\{|//|^[/.-]|[/.]$|/\\.|\\.lock(/|$)");

  private static final Pattern ADDRESS = Pattern.compile("(?i)(https?://)?([^/]+\\.[^/]+)/(.*)");
  private static final Set<String> HOSTS = Set.of("huggingface.co", "www.huggingface.co", "hf.co");
  private static final Set<String> OTHER_KINDS =
      Set.of("datasets", "spaces", "kernels", "buckets", "collections", "papers");

  public ModelId {
    if (!REPOSITORY.matcher(repository).matches()
        || repository.contains("--")
        || repository.contains("..")
        || repository.endsWith(".git")) {
      throw new InputException(
          "'" + repository + "' is not the name of a model on the Hugging Face Hub",
          "give it as org/name or org/name@revision");
    }
    if (revision.isEmpty() || NOT_A_REFERENCE.matcher(revision).find()) {
      throw new InputException(
          "'" + revision + "' cannot be a revision of " + repository,
          "give a branch, a tag or a commit after the @");
    }
  }

  /**
   * Reads what a user types or pastes: {@code org/name}, {@code name}, {@code org/name@revision},
   * or the address of the model's page, {@code https://huggingface.co/org/name} or {@code
   * https://huggingface.co/org/name/tree/revision}.
   *
   * @throws InputException if the text names no model
   */
  public static ModelId parse(String text) {
    String trimmed = text.strip();
    var address = ADDRESS.matcher(trimmed);
    if (address.matches()
        && (address.group(1) != null
            || HOSTS.contains(address.group(2).toLowerCase(Locale.ROOT)))) {
      return parseAddress(trimmed, address.group(2).toLowerCase(Locale.ROOT), address.group(3));
    }
    return parseName(trimmed);
  }

  private static ModelId parseName(String text) {
    int at = text.indexOf('@');
    return at < 0
        ? new ModelId(text, DEFAULT_REVISION)
        : new ModelId(text.substring(0, at), text.substring(at + 1));
  }

  private static ModelId parseAddress(String text, String host, String rest) {
    if (!HOSTS.contains(host)) {
      throw new InputException(
          "'" + text + "' is not an address of huggingface.co",
          "give the model as org/name; HF_ENDPOINT sets another server");
    }
    String path = rest.replaceFirst("[?#].*", "").replaceFirst("/+$", "");
    List<String> parts = List.of(path.split("/"));
    if (OTHER_KINDS.contains(parts.getFirst())) {
      throw new InputException(
          "'" + text + "' is not a model but one of the Hub's " + parts.getFirst(),
          "give the address of a model's page");
    }
    int tree = parts.indexOf("tree");
    if (tree < 0) {
      return parseName(path);
    }
    // A slash inside a revision is written %2F in the address, except in those of pull requests.
    String revision = String.join("/", parts.subList(tree + 1, parts.size()));
    if (revision.contains("/") && !revision.startsWith("refs/")) {
      throw new InputException(
          "'" + text + "' is a directory within a model", "give the address of the whole model");
    }
    try {
      return new ModelId(
          String.join("/", parts.subList(0, tree)),
          URLDecoder.decode(revision.replace("+", "%2B"), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException malformed) {
      throw new InputException(
          "'" + text + "' is not a well-formed address", "give the address of a model's page");
    }
  }

  /** Whether the revision is a full commit, which never changes. */
  public boolean pinned() {
    return isCommit(revision);
  }

  /** Whether a text from outside is a full commit. */
  static boolean isCommit(String text) {
    return COMMIT.matcher(text).matches();
  }

  /** The form {@link #parse} reads; the revision only if it is not the default one. */
  @Override
  public String toString() {
    return revision.equals(DEFAULT_REVISION) ? repository : repository + "@" + revision;
  }
}
