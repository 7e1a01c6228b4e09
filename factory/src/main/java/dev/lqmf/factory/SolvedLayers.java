package dev.lqmf.factory;

import dev.lqmf.model.network.Linear;
import dev.lqmf.quant.gptq.GptqMatrix;
import dev.lqmf.quant.gptq.GptqSettings;
import dev.lqmf.quant.gptq.GptqTensors;
import dev.lqmf.quant.gptq.ZeroPoints;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSink;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.safetensors.SafetensorsFile;
import dev.lqmf.tensor.safetensors.SafetensorsWriter;
import dev.lqmf.torch.gptq.GptqResults;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Writes quantized layers into the output, and each into a file of its own as well, which an
 * interrupted run leaves for the next one: {@code <module>.safetensors}, complete if it is there.
 */
final class SolvedLayers implements GptqResults {
  private final Path directory;
  private final GptqSettings settings;
  private final ZeroPoints form;
  private final Map<Linear, GptqContents.Place> places;

  SolvedLayers(Path directory, GptqSettings settings, Map<Linear, GptqContents.Place> places) {
    this.directory = directory;
    this.settings = settings;
    this.form = settings.form();
    this.places = places;
  }

  @Override
  public Optional<GptqMatrix> find(Linear layer) throws IOException {
    Path file = file(layer);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    GptqContents.Place place = place(layer);
    List<TensorInfo> infos = place.item().stored();
    try (TensorSource source = SafetensorsFile.open(file)) {
      int[] codes = new int[elements(infos.get(0))];
      int[] zeros = new int[elements(infos.get(1))];
      short[] scales = new short[elements(infos.get(2))];
      int[] groups = new int[elements(infos.get(3))];
      source.read(infos.get(0), 0, MemorySegment.ofArray(codes));
      source.read(infos.get(1), 0, MemorySegment.ofArray(zeros));
      source.read(infos.get(2), 0, MemorySegment.ofArray(scales));
      source.read(infos.get(3), 0, MemorySegment.ofArray(groups));
      GptqMatrix matrix =
          GptqMatrix.unpack(
              settings.bits(), layer.in(), layer.out(), codes, zeros, form, scales, groups);
      write(place.sink(), place.index(), GptqTensors.bytes(matrix, form));
      return Optional.of(matrix);
    }
  }

  @Override
  public void put(Linear layer, GptqMatrix matrix) throws IOException {
    GptqContents.Place place = place(layer);
    List<MemorySegment> bytes = GptqTensors.bytes(matrix, form);
    write(place.sink(), place.index(), bytes);
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(file(layer), Map.of(), place.item().stored())) {
      write(writer, 0, bytes);
      writer.commit();
    }
  }

  private static void write(TensorSink sink, int index, List<MemorySegment> bytes)
      throws IOException {
    for (int i = 0; i < bytes.size(); i++) {
      sink.write(index + i, 0, bytes.get(i));
    }
  }

  private static int elements(TensorInfo tensor) {
    return Math.toIntExact(tensor.shape().elements());
  }

  private GptqContents.Place place(Linear layer) {
    return Objects.requireNonNull(places.get(layer), layer.module());
  }

  private Path file(Linear layer) {
    return directory.resolve(layer.module() + ".safetensors");
  }
}
