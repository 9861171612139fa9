import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;
import org.apache.kafka.common.record.TimestampType;

/**
 * Kafka Connect's and Debezium's own transforms and predicates, asked by lines of JSON on standard input:
 * `transform` and `predicate` of one record, and `bench`.
 */
@SuppressWarnings({"rawtypes", "unchecked"})
public final class ConnectJava {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** A configured transform, and whether a record is for it. */
    private static final class Step {
        final Transformation transform;
        final Predicate predicate;
        final boolean negate;

        Step(Transformation transform, Predicate predicate, boolean negate) {
            this.transform = transform;
            this.predicate = predicate;
            this.negate = negate;
        }

        ConnectRecord<?> apply(ConnectRecord<?> record) {
            if (predicate != null && predicate.test(record) == negate) return record;
            return transform.apply(record);
        }

        void close() {
            transform.close();
            if (predicate != null) predicate.close();
        }
    }

    private static final class Refused extends Exception {
        final String phase;

        Refused(String phase, Throwable cause) {
            super(cause);
            this.phase = phase;
        }
    }

    /** Chains by their text. What a transform remembers of a chain's earlier records stays, as in a connector. */
    private static final Map<String, List<Step>> CHAINS = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, List<Step>> eldest) {
            if (size() <= 200) return false;
            eldest.getValue().forEach(Step::close);
            return true;
        }
    };

    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
        BufferedWriter out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), 1 << 16);
        System.setOut(new PrintStream(System.err)); // what a library prints is no answer
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.write(MAPPER.writeValueAsString(answer(MAPPER.readTree(line))));
            out.write('\n');
            if (!in.ready()) out.flush();
        }
        out.flush();
    }

    private static ObjectNode answer(JsonNode request) {
        ObjectNode answer = MAPPER.createObjectNode();
        answer.set("id", request.get("id"));
        try {
            answer.set("result", switch (request.get("kind").asText()) {
                case "transform" -> transform(request);
                case "predicate" -> predicate(request);
                case "avro-read" -> avro(request, AvroForm::read);
                case "avro-write" -> avro(request, AvroForm::write);
                case "bench" -> bench(request);
                default -> throw new IllegalArgumentException("unknown kind " + request.get("kind"));
            });
        } catch (Refused refused) {
            Throwable cause = refused.getCause();
            ObjectNode error = answer.putObject("error");
            error.put("class", cause.getClass().getName());
            error.put("message", String.valueOf(cause.getMessage()));
            error.put("phase", refused.phase);
        } catch (Exception | LinkageError error) {
            answer.putObject("error").put("class", error.getClass().getName()).put("message", String.valueOf(error.getMessage()))
                .put("phase", "request");
        }
        return answer;
    }

    private static JsonNode transform(JsonNode request) throws Exception {
        List<Step> chain = chain(request);
        ConnectRecord<?> record = Wire.record(request.get("record"));
        try {
            record = run(chain, record);
        } catch (Exception | LinkageError error) {
            throw new Refused("apply", error);
        }
        ArrayNode results = MAPPER.createArrayNode();
        if (record != null) results.add(Wire.json(record));
        return results;
    }

    private static ConnectRecord<?> run(List<Step> chain, ConnectRecord<?> record) {
        for (Step step : chain) {
            record = step.apply(record);
            if (record == null) return null;
        }
        return record;
    }

    private interface Ask {
        JsonNode of(JsonNode request) throws Exception;
    }

    private static JsonNode avro(JsonNode request, Ask ask) throws Refused {
        try {
            return ask.of(request);
        } catch (Exception | LinkageError error) {
            throw new Refused("apply", error);
        }
    }

    private static JsonNode predicate(JsonNode request) throws Exception {
        Predicate predicate = makePredicate(request);
        ConnectRecord<?> record = Wire.record(request.get("record"));
        try {
            return MAPPER.getNodeFactory().booleanNode(predicate.test(record) != flag(request, "negate"));
        } catch (Exception error) {
            throw new Refused("apply", error);
        } finally {
            predicate.close();
        }
    }

    /** Of `chain: [{ class, config, predicate }]`, or of the one step that the request itself is. */
    private static List<Step> chain(JsonNode request) throws Refused {
        JsonNode steps = request.has("chain") ? request.get("chain") : MAPPER.createArrayNode().add(only(request));
        String text = steps.toString();
        List<Step> known = CHAINS.get(text);
        if (known != null) return known;
        List<Step> made = new ArrayList<>();
        for (JsonNode step : steps) {
            JsonNode condition = step.get("predicate");
            boolean conditional = condition != null && !condition.isNull();
            made.add(new Step(makeTransform(step), conditional ? makePredicate(condition) : null,
                conditional && flag(condition, "negate")));
        }
        CHAINS.put(text, made);
        return made;
    }

    private static ObjectNode only(JsonNode request) {
        ObjectNode step = MAPPER.createObjectNode();
        for (String name : List.of("class", "config", "predicate")) if (request.has(name)) step.set(name, request.get(name));
        return step;
    }

    private static boolean flag(JsonNode node, String name) {
        return node.has(name) && node.get(name).asBoolean();
    }

    private static Transformation makeTransform(JsonNode step) throws Refused {
        try {
            var transform = (Transformation) instance(step);
            // As Connect's worker does it before a transform sees its configuration.
            transform.config().parse(config(step));
            transform.configure(config(step));
            return transform;
        } catch (Exception | LinkageError error) {
            throw new Refused("configure", error);
        }
    }

    private static Predicate makePredicate(JsonNode node) throws Refused {
        try {
            var predicate = (Predicate) instance(node);
            predicate.config().parse(config(node));
            predicate.configure(config(node));
            return predicate;
        } catch (Exception | LinkageError error) {
            throw new Refused("configure", error);
        }
    }

    private static Object instance(JsonNode node) throws ReflectiveOperationException {
        return Class.forName(node.get("class").asText()).getDeclaredConstructor().newInstance();
    }

    private static Map<String, String> config(JsonNode node) {
        Map<String, String> config = new HashMap<>();
        if (!node.has("config")) return config;
        Iterator<Map.Entry<String, JsonNode>> entries = node.get("config").fields();
        while (entries.hasNext()) {
            Map.Entry<String, JsonNode> entry = entries.next();
            if (!entry.getValue().isNull()) config.put(entry.getKey(), entry.getValue().asText());
        }
        return config;
    }

    /** `count` records through the chain; with `json: { schemas }` from JSON bytes and back to them, as in a worker. */
    private static JsonNode bench(JsonNode request) throws Exception {
        List<Step> chain = chain(request);
        List<ConnectRecord<?>> records = new ArrayList<>();
        for (JsonNode record : request.get("records")) records.add(Wire.record(record));
        Pass pass = request.has("json")
            ? new JsonPass(records, chain, flag(request.get("json"), "schemas"))
            : new ObjectPass(records, chain);
        int count = request.get("count").asInt();
        pass.run(request.has("warmup") ? request.get("warmup").asInt() : count);
        long began = System.nanoTime();
        long emitted = pass.run(count);
        double seconds = (System.nanoTime() - began) / 1e9;
        return MAPPER.createObjectNode().put("records", count).put("emitted", emitted).put("seconds", seconds)
            .put("recordsPerSecond", count / seconds);
    }

    private interface Pass {
        long run(int count);
    }

    private static final class ObjectPass implements Pass {
        private final List<ConnectRecord<?>> records;
        private final List<Step> chain;

        ObjectPass(List<ConnectRecord<?>> records, List<Step> chain) {
            this.records = records;
            this.chain = chain;
        }

        @Override
        public long run(int count) {
            long emitted = 0;
            for (int i = 0; i < count; i++) {
                ConnectRecord<?> record = records.get(i % records.size());
                // Some transforms add headers to the record that they are given.
                ConnectRecord<?> own = record.newRecord(record.topic(), record.kafkaPartition(), record.keySchema(), record.key(),
                    record.valueSchema(), record.value(), record.timestamp(), record.headers().duplicate());
                if (ConnectJava.run(chain, own) != null) emitted++;
            }
            return emitted;
        }
    }

    private static final class JsonPass implements Pass {
        private final JsonConverter ofKeys = new JsonConverter();
        private final JsonConverter ofValues = new JsonConverter();
        private final List<ConnectRecord<?>> records;
        private final List<Step> chain;
        private final List<byte[]> keys = new ArrayList<>();
        private final List<byte[]> values = new ArrayList<>();

        JsonPass(List<ConnectRecord<?>> records, List<Step> chain, boolean schemas) {
            this.records = records;
            this.chain = chain;
            ofKeys.configure(Map.of("schemas.enable", schemas), true);
            ofValues.configure(Map.of("schemas.enable", schemas), false);
            for (ConnectRecord<?> record : records) {
                keys.add(ofKeys.fromConnectData(record.topic(), record.keySchema(), record.key()));
                values.add(ofValues.fromConnectData(record.topic(), record.valueSchema(), record.value()));
            }
        }

        @Override
        public long run(int count) {
            long emitted = 0;
            for (int i = 0; i < count; i++) {
                ConnectRecord<?> of = records.get(i % records.size());
                SchemaAndValue key = ofKeys.toConnectData(of.topic(), keys.get(i % keys.size()));
                SchemaAndValue value = ofValues.toConnectData(of.topic(), values.get(i % values.size()));
                ConnectRecord<?> record = ConnectJava.run(chain, new SinkRecord(of.topic(), of.kafkaPartition(), key.schema(),
                    key.value(), value.schema(), value.value(), i, of.timestamp(), TimestampType.CREATE_TIME,
                    of.headers().duplicate()));
                if (record == null) continue;
                byte[] keyOut = ofKeys.fromConnectData(record.topic(), record.keySchema(), record.key());
                byte[] valueOut = ofValues.fromConnectData(record.topic(), record.valueSchema(), record.value());
                if (keyOut != null || valueOut != null) emitted++;
            }
            return emitted;
        }
    }

    private ConnectJava() { }
}
