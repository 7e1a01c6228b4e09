package dev.lqmf.factory;

import dev.lqmf.model.ExpertNames;
import dev.lqmf.model.network.Linear;
import dev.lqmf.quant.gptq.GptqSettings;
import dev.lqmf.quant.gptq.GptqTensors;
import dev.lqmf.quant.stream.TensorTarget;
import dev.lqmf.quant.stream.TensorTask;
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
 * A GPTQ checkpoint: safetensors files that hold what the files of the input held, an index if they
 * are several, the configuration and what else a checkpoint has.
 *
 * @param type what it is, as in {@code GPTQ 4 bit}
 * @param shards the files with tensors
 * @param smallFiles all others
 * @param warnings sentences for people
 */
record GptqContents(
    String type,
    List<Shard> shards,
    List<OutputContents.SmallFile> smallFiles,
    List<OutputPlan.PlannedFile> files,
    List<String> warnings)
    implements OutputContents {

  private static final Map<String, String> FILE_METADATA = Map.of("format", "pt");

  /** What becomes of one tensor of the input. */
  sealed interface Item {
    TensorInfo tensor();

    /** What the output has instead, in order. */
    List<TensorInfo> stored();

    /** A tensor that stays as it is, but for its name. */
    record Kept(TensorInfo tensor) implements Item {
      @Override
      public List<TensorInfo> stored() {
        return List.of(
            new TensorInfo(ExpertNames.current(tensor.name()), tensor.type(), tensor.shape()));
      }
    }

    /** The weight of a layer, which is quantized. */
    record Quantized(TensorInfo tensor, Linear layer, List<TensorInfo> stored) implements Item {
      static Quantized of(TensorInfo tensor, Linear layer, GptqSettings settings) {
        String module = tensor.name().substring(0, tensor.name().length() - ".weight".length());
        return new Quantized(
            tensor,
            layer,
            GptqTensors.infos(
                ExpertNames.current(module),
                settings.bits(),
                layer.in(),
                layer.out(),
                settings.groupSize()));
      }
    }
  }

  /**
   * A file with tensors.
   *
   * @param items in the order of the input
   */
  record Shard(String name, List<Item> items) {
    List<TensorInfo> tensors() {
      return items.stream().flatMap(i -> i.stored().stream()).toList();
    }
  }

  /** Where the tensors of a layer go: into {@code sink}, the first of them at {@code index}. */
  record Place(TensorSink sink, int index, Item.Quantized item) {}

  /**
   * The contents with an index, if there are several files, and the sizes of all.
   *
   * @param others files but for those with tensors and the index
   */
  static GptqContents of(
      String type, List<List<Item>> groups, List<SmallFile> others, List<String> warnings)
      throws IOException {
    List<Shard> shards = new ArrayList<>();
    ShardIndex index = new ShardIndex();
    List<OutputPlan.PlannedFile> files = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      Shard shard = new Shard(ShardIndex.file(i, groups.size()), List.copyOf(groups.get(i)));
      shards.add(shard);
      shard.tensors().forEach(t -> index.add(t.name(), shard.name(), t.byteSize()));
      files.add(
          new OutputPlan.PlannedFile(
              shard.name(),
              SafetensorsWriter.maxFileSize(FILE_METADATA, shard.tensors(), Map.of())));
    }
    List<SmallFile> small = new ArrayList<>();
    if (shards.size() > 1) {
      small.add(new Text(ShardIndex.FILE, index.text()));
    }
    small.addAll(others);
    for (SmallFile file : small) {
      files.add(new OutputPlan.PlannedFile(file.name(), file.bytes().length));
    }
    return new GptqContents(type, shards, small, files, warnings);
  }

  /** A file made here. */
  record Text(String name, byte[] bytes) implements SmallFile {}

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
              q.stored().stream().mapToLong(TensorInfo::byteSize).sum());
    };
  }

  @Override
  public void createTensorFiles(Path directory, List<TensorSink> created) throws IOException {
    for (Shard shard : shards) {
      created.add(
          SafetensorsWriter.create(
              directory.resolve(shard.name()), FILE_METADATA, shard.tensors()));
    }
  }

  /** What is copied, for files from {@link #createTensorFiles}. */
  List<TensorTask> copies(List<TensorSink> files) {
    List<TensorTask> tasks = new ArrayList<>();
    each(
        files,
        (sink, index, item) -> {
          if (item instanceof Item.Kept kept) {
            TensorInfo tensor = kept.tensor();
            tasks.add(
                new TensorTask(
                    tensor, List.of(new TensorTarget(sink, index, tensor.type(), List.of()))));
          }
        });
    return tasks;
  }

  /** Where quantized layers go, for files from {@link #createTensorFiles}. */
  Map<Linear, Place> places(List<TensorSink> files) {
    Map<Linear, Place> places = new LinkedHashMap<>();
    each(
        files,
        (sink, index, item) -> {
          if (item instanceof Item.Quantized q) {
            places.put(q.layer(), new Place(sink, index, q));
          }
        });
    return places;
  }

  /** Takes an item and where its first tensor is. */
  @FunctionalInterface
  private interface Visitor {
    void visit(TensorSink sink, int index, Item item);
  }

  private void each(List<TensorSink> files, Visitor visitor) {
    for (int i = 0; i < shards.size(); i++) {
      int index = 0;
      for (Item item : shards.get(i).items()) {
        visitor.visit(files.get(i), index, item);
        index += item.stored().size();
      }
    }
  }
}
