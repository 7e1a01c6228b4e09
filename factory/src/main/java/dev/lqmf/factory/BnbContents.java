package dev.lqmf.factory;

import dev.lqmf.quant.bnb.BnbMatrix;
import dev.lqmf.quant.bnb.BnbTask;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSink;
import dev.lqmf.tensor.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A bitsandbytes checkpoint: safetensors files that hold what the files of the input held, an index
 * if they are several, the configuration and what else a checkpoint has.
 *
 * @param type {@code NF4}, {@code FP4} or {@code INT8}
 * @param shards the files with tensors
 * @param smallFiles all others
 * @param warnings sentences for people
 */
record BnbContents(
    String type,
    List<Shard> shards,
    List<OutputContents.SmallFile> smallFiles,
    List<OutputPlan.PlannedFile> files,
    List<String> warnings)
    implements OutputContents {

  private static final Map<String, String> FILE_METADATA = Map.of("format", "pt");

  /** What becomes of one tensor of the input: it is copied, or a matrix that is quantized. */
  sealed interface Item {
    TensorInfo tensor();

    /** A tensor that stays as it is. */
    record Kept(TensorInfo tensor) implements Item {}

    /** A matrix, and what it is quantized to. */
    record Quantized(BnbMatrix matrix) implements Item {
      @Override
      public TensorInfo tensor() {
        return matrix.source();
      }
    }
  }

  /**
   * A file with tensors.
   *
   * @param items in the order of the input
   */
  record Shard(String name, List<Item> items) {
    /** All tensors of known size. */
    List<TensorInfo> tensors() {
      List<TensorInfo> tensors = new ArrayList<>();
      for (Item item : items) {
        switch (item) {
          case Item.Kept kept -> tensors.add(kept.tensor());
          case Item.Quantized q -> tensors.addAll(q.matrix().tensors());
        }
      }
      return tensors;
    }

    /** States of four bits and their greatest lengths, in order. */
    Map<String, Integer> states() {
      Map<String, Integer> states = new LinkedHashMap<>();
      for (Item item : items) {
        if (item instanceof Item.Quantized q && q.matrix().options().isFourBit()) {
          states.put(q.matrix().stateName(), q.matrix().maxStateBytes());
        }
      }
      return states;
    }

    long maxBytes() {
      return SafetensorsWriter.maxFileSize(FILE_METADATA, tensors(), states());
    }
  }

  /**
   * The contents with an index, if there are several files, and the sizes of all.
   *
   * @param others files but for those with tensors and the index
   */
  static BnbContents of(
      String type, List<List<Item>> groups, List<SmallFile> others, List<String> warnings)
      throws IOException {
    List<Shard> shards = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      shards.add(new Shard(ShardIndex.file(i, groups.size()), List.copyOf(groups.get(i))));
    }
    List<SmallFile> small = new ArrayList<>();
    if (shards.size() > 1) {
      small.add(new Text(ShardIndex.FILE, index(shards)));
    }
    small.addAll(others);
    List<OutputPlan.PlannedFile> files = new ArrayList<>();
    for (Shard shard : shards) {
      files.add(new OutputPlan.PlannedFile(shard.name(), shard.maxBytes()));
    }
    for (SmallFile file : small) {
      files.add(new OutputPlan.PlannedFile(file.name(), file.bytes().length));
    }
    return new BnbContents(type, shards, small, files, warnings);
  }

  /** A file made here. */
  record Text(String name, byte[] bytes) implements SmallFile {}

  /** {@code total_size} counts states at their greatest length; nobody allocates by it. */
  private static byte[] index(List<Shard> shards) {
    ShardIndex index = new ShardIndex();
    for (Shard shard : shards) {
      shard.tensors().forEach(t -> index.add(t.name(), shard.name(), t.byteSize()));
      shard.states().forEach((name, bytes) -> index.add(name, shard.name(), bytes));
    }
    return index.text();
  }

  @Override
  public List<TensorPlan> tensors() {
    return shards.stream().flatMap(s -> s.items().stream()).map(this::plan).toList();
  }

  private TensorPlan plan(Item item) {
    TensorInfo tensor = item.tensor();
    return switch (item) {
      case Item.Kept _ ->
          new TensorPlan(tensor.name(), tensor.shape(), tensor.type(), tensor.type());
      case Item.Quantized q ->
          new TensorPlan(
              tensor.name(),
              tensor.shape(),
              tensor.type(),
              type,
              q.matrix().tensors().stream().mapToLong(TensorInfo::byteSize).sum()
                  + (q.matrix().options().isFourBit() ? q.matrix().maxStateBytes() : 0));
    };
  }

  @Override
  public void createTensorFiles(Path directory, List<TensorSink> created) throws IOException {
    for (Shard shard : shards) {
      created.add(
          SafetensorsWriter.create(
              directory.resolve(shard.name()), FILE_METADATA, shard.tensors(), shard.states()));
    }
  }

  /** What to do, for files from {@link #createTensorFiles}. */
  List<BnbTask> tasks(List<TensorSink> files) {
    List<BnbTask> tasks = new ArrayList<>();
    for (int i = 0; i < shards.size(); i++) {
      Shard shard = shards.get(i);
      TensorSink sink = files.get(i);
      int index = 0;
      int state = shard.tensors().size();
      for (Item item : shard.items()) {
        switch (item) {
          case Item.Kept kept -> tasks.add(new BnbTask.Copy(kept.tensor(), sink, index++));
          case Item.Quantized q -> {
            tasks.add(new BnbTask.Quantize(q.matrix(), sink, index, state));
            index += q.matrix().tensors().size();
            state += q.matrix().options().isFourBit() ? 1 : 0;
          }
        }
      }
    }
    return tasks;
  }
}
