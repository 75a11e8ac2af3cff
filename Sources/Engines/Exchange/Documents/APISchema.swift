import Kernel

/// JSON Schema (draft 2020-12) fragments for interface descriptions.
package enum APISchema {
    /// - Parameters:
    ///   - format: such as `date`, `date-time`.
    ///   - values: the only ones allowed.
    package static func string(
        _ title: String? = nil, format: String? = nil, length: ClosedRange<Int>? = nil, pattern: String? = nil, values: [String]? = nil, example: String? = nil
    ) -> JSONValue {
        schema("string", title) {
            $0["format"] = format.map(JSONValue.string)
            if let length {
                if length.lowerBound > 0 { $0["minLength"] = JSONValue(length.lowerBound) }
                $0["maxLength"] = JSONValue(length.upperBound)
            }
            $0["pattern"] = pattern.map(JSONValue.string)
            $0["enum"] = values.map { .array($0.map(JSONValue.string)) }
            $0["examples"] = example.map { .array([.string($0)]) }
        }
    }

    package static func integer(_ title: String? = nil, in range: ClosedRange<Int64>? = nil) -> JSONValue {
        schema("integer", title) {
            $0["format"] = "int64"
            $0["minimum"] = range.map { .int($0.lowerBound) }
            $0["maximum"] = range.map { .int($0.upperBound) }
        }
    }

    package static func number(_ title: String? = nil, in range: ClosedRange<Double>? = nil) -> JSONValue {
        schema("number", title) {
            $0["minimum"] = range.map { .double($0.lowerBound) }
            $0["maximum"] = range.map { .double($0.upperBound) }
        }
    }

    package static func boolean(_ title: String? = nil) -> JSONValue { schema("boolean", title) { _ in } }
    package static func day(_ title: String? = nil) -> JSONValue { string(title, format: "date", example: "2026-11-21") }
    package static func moment(_ title: String? = nil) -> JSONValue { string(title, format: "date-time", example: "2026-11-21T08:00:00+08:00") }

    package static func array(of element: JSONValue, _ title: String? = nil, count: ClosedRange<Int>? = nil) -> JSONValue {
        schema("array", title) {
            $0["items"] = element
            $0["minItems"] = count.map { JSONValue($0.lowerBound) }
            $0["maxItems"] = count.map { JSONValue($0.upperBound) }
        }
    }

    /// Properties in the order given.
    package static func object(_ properties: [(name: String, schema: JSONValue)], required: [String] = [], _ title: String? = nil) -> JSONValue {
        schema("object", title) {
            $0["properties"] = .object(JSONObject(properties.map { ($0.name, $0.schema) }))
            $0["required"] = required.isEmpty ? nil : .array(required.map(JSONValue.string))
        }
    }

    /// A schema among the document's components.
    package static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }
    package static func nullable(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, ["type": "null"]]] }
    package static func oneOf(_ schemas: [JSONValue]) -> JSONValue { ["oneOf": .array(schemas)] }

    private static func schema(_ type: String, _ title: String?, _ fill: (inout JSONObject) -> Void) -> JSONValue {
        var object = JSONObject([("type", .string(type))])
        object["title"] = title.map(JSONValue.string)
        fill(&object)
        return .object(object)
    }
}
