package dev.lqmf.tensor;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.file.Json;
import dev.lqmf.tensor.file.ReadableFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * A checkpoint in several files, with an index that says which tensor is in which file:
 *
 * <pre>{"metadata": {…}, "weight_map": {"tensor": "model-00001-of-00002.safetensors", …}}</pre>
 *
 * The tensors come file by file in the order of the file names, as in llama.cpp's converter. Index
 * and files must list the same tensors.
 */
final class ShardedCheckpoint implements TensorSource {
  private static final int MAX_NESTING = 16;

  /** As large as the header of a safetensors file may be. */
  private static final int MAX_INDEX = 100_000_000;

  private final Path index;
  private final List<TensorSource> shards;
  private final Map<String, TensorSource> shardOf;
  private final List<TensorInfo> tensors;

  private ShardedCheckpoint(
      Path index, List<TensorSource> shards, Map<String, TensorSource> shardOf) {
    this.index = index;
    this.shards = List.copyOf(shards);
    this.shardOf = shardOf;
    this.tensors = shards.stream().flatMap(s -> s.tensors().stream()).toList();
  }

  static ShardedCheckpoint open(Path index, Checkpoints.Opener opener) throws IOException {
    Map<String, String> weightMap = readIndex(index);
    List<TensorSource> shards = new ArrayList<>();
    try {
      Map<String, TensorSource> shardOf = new LinkedHashMap<>();
      for (Map.Entry<String, Path> entry : shardPaths(index, weightMap).entrySet()) {
        String file = entry.getKey();
        Path path = entry.getValue();
        TensorSource shard = opener.open(path);
        shards.add(shard);
        for (TensorInfo tensor : shard.tensors()) {
          String listed = weightMap.get(tensor.name());
          if (!file.equals(listed)) {
            throw new InputException(
                "%s holds tensor %s, which %s %s"
                    .formatted(
                        path,
                        quote(tensor.name()),
                        index.getFileName(),
                        listed == null ? "does not list" : "says is in " + quote(listed)),
                "take the index and all files from one source");
          }
          shardOf.put(tensor.name(), shard);
        }
      }
      weightMap.forEach(
          (tensor, file) -> {
            if (!shardOf.containsKey(tensor)) {
              throw new InputException(
                  "%s says that tensor %s is in %s, but it is not"
                      .formatted(index, quote(tensor), quote(file)),
                  "take the index and all files from one source");
            }
          });
      return new ShardedCheckpoint(index, shards, shardOf);
    } catch (IOException | RuntimeException e) {
      for (TensorSource shard : shards) {
        shard.close();
      }
      throw e;
    }
  }

  /** By file name, in order. */
  private static Map<String, Path> shardPaths(Path index, Map<String, String> weightMap) {
    Map<String, Path> paths = new TreeMap<>();
    for (String file : weightMap.values()) {
      paths.computeIfAbsent(file, f -> shardPath(index, f));
    }
    return paths;
  }

  private static Path shardPath(Path index, String file) {
    boolean plain =
        !file.isEmpty()
            && !file.equals("..")
            && file.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
    if (!plain) {
      throw new InputException(
          "%s names the file %s, which is no plain file name".formatted(index, quote(file)),
          "do not use this checkpoint: its index reaches outside its directory");
    }
    Path path = index.resolveSibling(file);
    if (!Files.isRegularFile(path)) {
      throw new InputException(
          "%s lists %s, which is missing".formatted(index, file),
          "download the checkpoint again, with all its files");
    }
    return path;
  }

  private static Map<String, String> readIndex(Path index) throws IOException {
    Map<String, String> weightMap = new LinkedHashMap<>();
    boolean found = false;
    try (ReadableFile file = ReadableFile.open(index);
        JsonParser json = Json.parser(file.stream(0, file.size()), MAX_NESTING)) {
      if (file.size() > MAX_INDEX) {
        throw damaged(index, "it has %,d bytes, too many to be true".formatted(file.size()));
      }
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw damaged(index, "it is not a JSON object");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean wanted = json.currentName().equals("weight_map");
        json.nextToken();
        if (wanted) {
          found = true;
          readWeightMap(index, json, weightMap);
        } else {
          json.skipChildren();
        }
      }
    } catch (JacksonException e) {
      throw damaged(index, "it is not valid JSON: " + Json.problem(e));
    }
    if (!found || weightMap.isEmpty()) {
      throw damaged(index, "it has no weight_map");
    }
    return weightMap;
  }

  private static void readWeightMap(Path index, JsonParser json, Map<String, String> weightMap) {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw damaged(index, "its weight_map is not a JSON object");
    }
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String tensor = json.currentName();
      if (json.nextToken() != JsonToken.VALUE_STRING) {
        throw damaged(index, "its weight_map has no file name for tensor " + quote(tensor));
      }
      weightMap.put(tensor, json.getString());
    }
  }

  private static InputException damaged(Path index, String problem) {
    return new InputException(
        index + " cannot be used: " + problem, "download the checkpoint again");
  }

  @Override
  public List<TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public void read(TensorInfo tensor, long byteOffset, MemorySegment target) throws IOException {
    shard(tensor).read(tensor, byteOffset, target);
  }

  @Override
  public String file(TensorInfo tensor) {
    return shard(tensor).origin();
  }

  private TensorSource shard(TensorInfo tensor) {
    TensorSource shard = shardOf.get(tensor.name());
    if (shard == null) {
      throw new IllegalArgumentException(tensor + " is not a tensor of this source");
    }
    return shard;
  }

  @Override
  public String origin() {
    return index.toString();
  }

  @Override
  public void close() throws IOException {
    for (TensorSource shard : shards) {
      shard.close();
    }
  }
}
