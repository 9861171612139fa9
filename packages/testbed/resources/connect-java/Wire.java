import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Date;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;

/** Records as JSON: what JSON lacks has a tag, so that Java's types come back exactly. */
final class Wire {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /** What Connect turns headers into, where nothing else is configured. */
    private static final SimpleHeaderConverter HEADERS = new SimpleHeaderConverter();

    /** Schemas by their text: transforms keep caches by schema, and so does whoever sends many records of one. */
    private static final Map<String, Schema> SCHEMAS = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Schema> eldest) {
            return size() > 2_000;
        }
    };

    static ConnectRecord<?> record(JsonNode node) throws IOException {
        Schema keySchema = schema(node.get("keySchema"));
        Schema valueSchema = schema(node.get("valueSchema"));
        ConnectHeaders headers = new ConnectHeaders();
        if (present(node.get("headers")))
            for (JsonNode header : node.get("headers")) headers.add(header.get("key").asText(), header(header));
        String topic = present(node.get("topic")) ? node.get("topic").asText() : null;
        Integer partition = present(node.get("partition")) ? node.get("partition").asInt() : null;
        Long timestamp = present(node.get("timestamp")) ? node.get("timestamp").asLong() : null;
        Object key = value(node.get("key"), keySchema);
        Object value = value(node.get("value"), valueSchema);
        if (present(node.get("as")) && node.get("as").asText().equals("source"))
            return new SourceRecord(null, null, topic, partition, keySchema, key, valueSchema, value, timestamp, headers);
        long offset = present(node.get("offset")) ? node.get("offset").asLong() : 0;
        int known = partition == null ? 0 : partition;
        return new SinkRecord(topic, known, keySchema, key, valueSchema, value, offset, timestamp,
            TimestampType.CREATE_TIME, headers);
    }

    private static SchemaAndValue header(JsonNode header) throws IOException {
        if (header.has("bytes")) {
            byte[] bytes = present(header.get("bytes")) ? header.get("bytes").binaryValue() : null;
            return HEADERS.toConnectHeader("", header.get("key").asText(), bytes);
        }
        Schema schema = schema(header.get("schema"));
        return new SchemaAndValue(schema, value(header.get("value"), schema));
    }

    static ObjectNode json(ConnectRecord<?> record) {
        ObjectNode node = JSON.objectNode();
        node.put("topic", record.topic());
        node.put("partition", record.kafkaPartition());
        node.put("timestamp", record.timestamp());
        node.set("keySchema", json(record.keySchema()));
        node.set("key", json(record.key(), record.keySchema()));
        node.set("valueSchema", json(record.valueSchema()));
        node.set("value", json(record.value(), record.valueSchema()));
        ArrayNode headers = node.putArray("headers");
        for (Header header : record.headers()) {
            ObjectNode one = headers.addObject();
            one.put("key", header.key());
            one.set("schema", json(header.schema()));
            one.set("value", json(header.value(), header.schema()));
            byte[] bytes = HEADERS.fromConnectHeader("", header.key(), header.schema(), header.value());
            one.set("bytes", bytes == null ? JSON.nullNode() : JSON.binaryNode(bytes));
        }
        return node;
    }

    private static boolean present(JsonNode node) {
        return node != null && !node.isNull();
    }

    static Schema schema(JsonNode node) throws IOException {
        if (!present(node)) return null;
        String text = node.toString();
        Schema known = SCHEMAS.get(text);
        if (known != null) return known;
        Schema made = make(node);
        SCHEMAS.put(text, made);
        return made;
    }

    private static Schema make(JsonNode node) throws IOException {
        Schema.Type type = Schema.Type.valueOf(node.get("type").asText().toUpperCase(java.util.Locale.ROOT));
        SchemaBuilder builder = switch (type) {
            case ARRAY -> SchemaBuilder.array(make(node.get("valueSchema")));
            case MAP -> SchemaBuilder.map(make(node.get("keySchema")), make(node.get("valueSchema")));
            default -> new SchemaBuilder(type);
        };
        if (present(node.get("name"))) builder.name(node.get("name").asText());
        if (present(node.get("version"))) builder.version(node.get("version").asInt());
        if (present(node.get("doc"))) builder.doc(node.get("doc").asText());
        if (present(node.get("parameters"))) {
            Iterator<Map.Entry<String, JsonNode>> parameters = node.get("parameters").fields();
            while (parameters.hasNext()) {
                Map.Entry<String, JsonNode> one = parameters.next();
                builder.parameter(one.getKey(), one.getValue().asText());
            }
        }
        if (type == Schema.Type.STRUCT)
            for (JsonNode field : node.get("fields")) builder.field(field.get("name").asText(), make(field.get("schema")));
        if (node.has("optional") && node.get("optional").asBoolean()) builder.optional();
        if (present(node.get("default"))) builder.defaultValue(value(node.get("default"), builder.schema()));
        return builder.build();
    }

    static JsonNode json(Schema schema) {
        if (schema == null) return JSON.nullNode();
        ObjectNode node = JSON.objectNode();
        node.put("type", schema.type().getName());
        node.put("optional", schema.isOptional());
        if (schema.defaultValue() != null) node.set("default", json(schema.defaultValue(), schema));
        if (schema.name() != null) node.put("name", schema.name());
        if (schema.version() != null) node.put("version", schema.version());
        if (schema.doc() != null) node.put("doc", schema.doc());
        if (schema.parameters() != null) {
            ObjectNode parameters = node.putObject("parameters");
            schema.parameters().forEach(parameters::put);
        }
        switch (schema.type()) {
            case ARRAY -> node.set("valueSchema", json(schema.valueSchema()));
            case MAP -> {
                node.set("keySchema", json(schema.keySchema()));
                node.set("valueSchema", json(schema.valueSchema()));
            }
            case STRUCT -> {
                ArrayNode fields = node.putArray("fields");
                for (Field field : schema.fields()) {
                    ObjectNode one = fields.addObject();
                    one.put("name", field.name());
                    one.set("schema", json(field.schema()));
                }
            }
            default -> { }
        }
        return node;
    }

    /** Throws where the value is none of its schema, as Connect's own Struct does. */
    static Object value(JsonNode node, Schema schema) throws IOException {
        if (!present(node)) return null;
        if (node.isObject() && node.size() == 1) {
            String tag = node.fieldNames().next();
            JsonNode of = node.get(tag);
            switch (tag) {
                case "$long": return Long.valueOf(of.asText());
                case "$int": return of.asInt();
                case "$bytes": return of.binaryValue();
                case "$date": return new Date(of.asLong());
                case "$decimal": return new BigDecimal(new BigInteger(of.get(0).asText()), of.get(1).asInt());
                case "$double": {
                    double number = Double.parseDouble(of.asText());
                    if (schema != null && schema.type() == Schema.Type.FLOAT32) return (float) number;
                    return number;
                }
                case "$map": {
                    Map<Object, Object> map = new LinkedHashMap<>();
                    for (JsonNode entry : of)
                        map.put(value(entry.get(0), schema == null ? null : schema.keySchema()),
                            value(entry.get(1), schema == null ? null : schema.valueSchema()));
                    return map;
                }
                default:
            }
        }
        return schema == null ? schemaless(node) : ofSchema(node, schema);
    }

    private static Object schemaless(JsonNode node) throws IOException {
        if (node.isNumber()) return node.asDouble();
        if (node.isTextual()) return node.asText();
        if (node.isBoolean()) return node.asBoolean();
        if (node.isArray()) {
            List<Object> list = new ArrayList<>();
            for (JsonNode element : node) list.add(value(element, null));
            return list;
        }
        Map<String, Object> map = new LinkedHashMap<>();
        Iterator<Map.Entry<String, JsonNode>> fields = node.fields();
        while (fields.hasNext()) {
            Map.Entry<String, JsonNode> field = fields.next();
            map.put(field.getKey(), value(field.getValue(), null));
        }
        return map;
    }

    private static Object ofSchema(JsonNode node, Schema schema) throws IOException {
        switch (schema.type()) {
            case INT8: return (byte) node.asInt();
            case INT16: return (short) node.asInt();
            case INT32: return node.asInt();
            case INT64: return node.asLong();
            case FLOAT32: return (float) node.asDouble();
            case FLOAT64: return node.asDouble();
            case BOOLEAN: return node.asBoolean();
            case STRING: return node.asText();
            case BYTES: return node.binaryValue();
            case ARRAY: {
                List<Object> list = new ArrayList<>();
                for (JsonNode element : node) list.add(value(element, schema.valueSchema()));
                return list;
            }
            case MAP: {
                Map<Object, Object> map = new LinkedHashMap<>();
                Iterator<Map.Entry<String, JsonNode>> entries = node.fields();
                while (entries.hasNext()) {
                    Map.Entry<String, JsonNode> entry = entries.next();
                    map.put(entry.getKey(), value(entry.getValue(), schema.valueSchema()));
                }
                return map;
            }
            default: {
                Struct struct = new Struct(schema);
                for (Field field : schema.fields()) {
                    Object value = value(node.get(field.name()), field.schema());
                    if (value != null) struct.put(field, value);
                }
                return struct;
            }
        }
    }

    static JsonNode json(Object value, Schema schema) {
        if (value == null) return JSON.nullNode();
        if (value instanceof Byte || value instanceof Short || value instanceof Integer) {
            int number = ((Number) value).intValue();
            return schema == null ? tag("$int", JSON.numberNode(number)) : JSON.numberNode(number);
        }
        if (value instanceof Long) return tag("$long", JSON.textNode(value.toString()));
        if (value instanceof Float || value instanceof Double) {
            double number = ((Number) value).doubleValue();
            return Double.isFinite(number) ? JSON.numberNode(number) : tag("$double", JSON.textNode(String.valueOf(number)));
        }
        if (value instanceof Boolean) return JSON.booleanNode((Boolean) value);
        if (value instanceof CharSequence || value instanceof Character) return JSON.textNode(value.toString());
        if (value instanceof byte[]) return tag("$bytes", JSON.binaryNode((byte[]) value));
        if (value instanceof ByteBuffer) {
            ByteBuffer view = ((ByteBuffer) value).duplicate();
            byte[] bytes = new byte[view.remaining()];
            view.get(bytes);
            return tag("$bytes", JSON.binaryNode(bytes));
        }
        if (value instanceof Date) return tag("$date", JSON.numberNode(((Date) value).getTime()));
        if (value instanceof BigDecimal) {
            BigDecimal decimal = (BigDecimal) value;
            return tag("$decimal", JSON.arrayNode().add(decimal.unscaledValue().toString()).add(decimal.scale()));
        }
        if (value instanceof BigInteger) return tag("$long", JSON.textNode(value.toString()));
        if (value instanceof Struct) {
            Struct struct = (Struct) value;
            ObjectNode node = JSON.objectNode();
            for (Field field : struct.schema().fields())
                node.set(field.name(), json(struct.getWithoutDefault(field.name()), field.schema()));
            // A struct in a place that does not say so: its schema would be lost.
            return schema == null ? tag("$struct", JSON.arrayNode().add(json(struct.schema())).add(node)) : node;
        }
        if (value instanceof Map) return map((Map<?, ?>) value, schema);
        if (value instanceof Iterable) {
            Schema of = schema != null && schema.type() == Schema.Type.ARRAY ? schema.valueSchema() : null;
            ArrayNode array = JSON.arrayNode();
            for (Object element : (Iterable<?>) value) array.add(json(element, of));
            return array;
        }
        return tag("$java", JSON.textNode(value.getClass().getName() + " " + value));
    }

    private static JsonNode map(Map<?, ?> map, Schema schema) {
        boolean known = schema != null && schema.type() == Schema.Type.MAP;
        Schema ofKey = known ? schema.keySchema() : null;
        Schema ofValue = known ? schema.valueSchema() : null;
        if (map.keySet().stream().allMatch(key -> key instanceof String)) {
            ObjectNode node = JSON.objectNode();
            map.forEach((key, value) -> node.set((String) key, json(value, ofValue)));
            return node;
        }
        ArrayNode entries = JSON.arrayNode();
        map.forEach((key, value) -> entries.add(JSON.arrayNode().add(json(key, ofKey)).add(json(value, ofValue))));
        return tag("$map", entries);
    }

    private static ObjectNode tag(String tag, JsonNode node) {
        ObjectNode object = JSON.objectNode();
        object.set(tag, node);
        return object;
    }

    private Wire() { }
}
