package dev.lqmf.model.convert;

import java.util.regex.Pattern;

/** A name whose numbers between dots are taken out. */
record NumberedName(String text, String firstOnly, String first, String second) {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

  static NumberedName of(String name) {
    String[] parts = name.split("\\.", -1);
    String first = "";
    String second = "";
    String firstOnly = "";
    for (int i = 0; i < parts.length; i++) {
      if (NUMBER.matcher(parts[i]).matches()) {
        if (first.isEmpty()) {
          first = parts[i];
          parts[i] = "{bid}";
        } else if (second.isEmpty()) {
          firstOnly = String.join(".", parts);
          second = parts[i];
          parts[i] = "{xid}";
        }
      }
    }
    String text = String.join(".", parts);
    return new NumberedName(text, firstOnly.isEmpty() ? text : firstOnly, first, second);
  }

  String gguf(String to) {
    return to.replace("{bid}", first);
  }
}
