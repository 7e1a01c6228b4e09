package dev.lqmf.model.network;

import java.util.List;

/** Two layers with an activation between, or three with a gate. */
public sealed interface Mlp extends Operation permits Mlp.Plain, Mlp.Gated, Mlp.FusedGated {

  /** down(f(up(x))). */
  record Plain(Linear up, Activation activation, Linear down) implements Mlp {
    @Override
    public List<List<Linear>> inputGroups() {
      return List.of(List.of(up), List.of(down));
    }
  }

  /** down(f(gate(x)) · up(x)). */
  record Gated(Linear gate, Linear up, Activation activation, Linear down) implements Mlp {
    @Override
    public List<List<Linear>> inputGroups() {
      return List.of(List.of(gate, up), List.of(down));
    }
  }

  /** The same with one layer whose first half is the gate and whose second half is up. */
  record FusedGated(Linear gateUp, Activation activation, Linear down) implements Mlp {
    @Override
    public List<List<Linear>> inputGroups() {
      return List.of(List.of(gateUp), List.of(down));
    }
  }
}
