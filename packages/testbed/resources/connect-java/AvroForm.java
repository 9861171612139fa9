import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.apicurio.registry.utils.converter.avro.AvroData;
import io.apicurio.registry.utils.converter.avro.AvroDataConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.connect.data.SchemaAndValue;

/** Avro bodies and Connect's data, as Connect's Avro converter turns the one into the other. */
final class AvroForm {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** Without the support, enums are written as text. */
    private static AvroData avroData(boolean enhanced) {
        return new AvroData(new AvroDataConfig(Map.of("enhanced.avro.schema.support", enhanced)));
    }

    /** `{ avro, bytes }` to `{ schema, value }`. */
    static JsonNode read(JsonNode request) throws IOException {
        Schema avro = new Schema.Parser().parse(request.get("avro").asText());
        Object generic = new GenericDatumReader<>(avro)
            .read(null, DecoderFactory.get().binaryDecoder(request.get("bytes").binaryValue(), null));
        SchemaAndValue data = avroData(false).toConnectData(avro, generic);
        ObjectNode answer = MAPPER.createObjectNode();
        answer.set("schema", Wire.json(data.schema()));
        answer.set("value", Wire.json(data.value(), data.schema()));
        return answer;
    }

    /** `{ schema, value, ours }` to `{ avro, bytes, same }`: whether ours is the same Avro schema. */
    static JsonNode write(JsonNode request) throws IOException {
        org.apache.kafka.connect.data.Schema schema = Wire.schema(request.get("schema"));
        Object value = Wire.value(request.get("value"), schema);
        AvroData avroData = avroData(true);
        Schema avro = avroData.fromConnectSchema(schema);
        Object generic = avroData.fromConnectData(schema, value);
        // What is no container by itself comes in one.
        if (generic instanceof io.apicurio.registry.serde.avro.NonRecordContainer)
            generic = ((io.apicurio.registry.serde.avro.NonRecordContainer) generic).getValue();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<>(avro).write(generic, encoder);
        encoder.flush();
        ObjectNode answer = MAPPER.createObjectNode();
        answer.put("avro", avro.toString());
        answer.put("bytes", out.toByteArray());
        answer.put("same", request.has("ours") && new Schema.Parser().parse(request.get("ours").asText()).equals(avro));
        return answer;
    }

    private AvroForm() { }
}
