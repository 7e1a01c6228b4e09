package dev.lqmf.hub;

import java.util.List;

/**
 * Whom a token belongs to.
 *
 * @param user name on the Hub
 * @param plan as in {@code PRO} or {@code free}
 * @param organizations that the user is in
 * @param tokenName what the user calls the token
 * @param role what the token may do, as in {@code read}; empty if the Hub does not tell
 */
public record Account(
    String user, String plan, List<String> organizations, String tokenName, String role) {

  public Account {
    organizations = List.copyOf(organizations);
  }
}
