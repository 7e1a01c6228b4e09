package dev.lqmf.hub;

import java.util.List;

/**
 * What the Hub says about a model at a revision.
 *
 * @param commit the commit the revision stands for, 40 hexadecimal digits
 * @param files all files of the repository at that commit
 * @param gated whether its publisher asks for a licence to be accepted first
 * @param restricted whether only some accounts can see it
 */
public record ModelInfo(String commit, List<String> files, boolean gated, boolean restricted) {
  public ModelInfo {
    files = List.copyOf(files);
  }
}
