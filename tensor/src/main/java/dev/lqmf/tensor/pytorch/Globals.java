package dev.lqmf.tensor.pytorch;

import static java.util.Map.entry;

import dev.lqmf.tensor.TensorType;
import java.util.Map;
import java.util.Optional;

/** The names that a checkpoint's pickle may use. Everything else is refused. */
final class Globals {
  private static final Map<String, Pickled> KNOWN =
      Map.ofEntries(
          entry("collections.OrderedDict", Pickled.Global.ORDERED_DICT),
          entry("torch.Size", Pickled.Global.SIZE),
          entry("torch._utils._rebuild_tensor", Pickled.Global.REBUILD_TENSOR),
          entry("torch._utils._rebuild_tensor_v2", Pickled.Global.REBUILD_TENSOR_V2),
          entry("torch._utils._rebuild_tensor_v3", Pickled.Global.REBUILD_TENSOR_V3),
          entry("torch._utils._rebuild_parameter", Pickled.Global.REBUILD_PARAMETER),
          storage("torch.DoubleStorage", TensorType.F64),
          storage("torch.FloatStorage", TensorType.F32),
          storage("torch.HalfStorage", TensorType.F16),
          storage("torch.BFloat16Storage", TensorType.BF16),
          storage("torch.LongStorage", TensorType.I64),
          storage("torch.IntStorage", TensorType.I32),
          storage("torch.ShortStorage", TensorType.I16),
          storage("torch.CharStorage", TensorType.I8),
          storage("torch.ByteStorage", TensorType.U8),
          storage("torch.BoolStorage", TensorType.BOOL),
          storage("torch.UntypedStorage", TensorType.U8),
          storage("torch.storage.UntypedStorage", TensorType.U8),
          elementType("torch.float64", TensorType.F64),
          elementType("torch.float32", TensorType.F32),
          elementType("torch.float16", TensorType.F16),
          elementType("torch.bfloat16", TensorType.BF16),
          elementType("torch.float8_e4m3fn", TensorType.F8_E4M3),
          elementType("torch.float8_e5m2", TensorType.F8_E5M2),
          elementType("torch.int64", TensorType.I64),
          elementType("torch.int32", TensorType.I32),
          elementType("torch.int16", TensorType.I16),
          elementType("torch.int8", TensorType.I8),
          elementType("torch.uint64", TensorType.U64),
          elementType("torch.uint32", TensorType.U32),
          elementType("torch.uint16", TensorType.U16),
          elementType("torch.uint8", TensorType.U8),
          elementType("torch.bool", TensorType.BOOL));

  private Globals() {}

  static Optional<Pickled> find(String module, String name) {
    return Optional.ofNullable(KNOWN.get(module + "." + name));
  }

  private static Map.Entry<String, Pickled> storage(String name, TensorType type) {
    return entry(name, new Pickled.StorageType(type));
  }

  private static Map.Entry<String, Pickled> elementType(String name, TensorType type) {
    return entry(name, new Pickled.ElementType(type));
  }
}
