import Kernel

/// An OpenAPI 3.1 description. The same operations give the same text, whatever the order they were added in.
package struct OpenAPIDocument: Sendable {
    package var title: String
    package var version: String
    package var details: String
    package var servers: [String]
    package private(set) var operations: [APIOperation] = []
    private var schemas: [String: JSONValue] = ["Problem": OpenAPIDocument.problem]
    private var securitySchemes: [String: JSONValue] = [:]
    private var tagTitles: [String: String] = [:]

    package init(title: String, version: String, details: String = "", servers: [String] = ["/"]) {
        self.title = title
        self.version = version
        self.details = details
        self.servers = servers
    }

    package mutating func add(_ operation: APIOperation) { operations.append(operation) }
    package mutating func add(_ more: [APIOperation]) { operations += more }
    /// A named schema for `APISchema.reference`.
    package mutating func addSchema(_ name: String, _ schema: JSONValue) { schemas[name] = schema }
    package mutating func describeTag(_ tag: String, _ details: String) { tagTitles[tag] = details }
    /// A key in a cookie, such as a browser's session.
    package mutating func addCookieSecurity(_ name: String, cookie: String) { securitySchemes[name] = ["type": "apiKey", "in": "cookie", "name": .string(cookie)] }
    package mutating func addBearerSecurity(_ name: String, _ details: String) { securitySchemes[name] = ["type": "http", "scheme": "bearer", "description": .string(details)] }

    /// Faults of the description itself, all at once, for tests and the start: the same operation twice, an identifier twice, a reference to a schema that is not there.
    package var faults: [String] {
        var faults: [String] = []
        var seen: Set<String> = []
        for operation in operations {
            let name = "\(operation.method.rawValue.uppercased()) \(operation.path)"
            if !seen.insert(name).inserted { faults.append("JW-X040 \(name) 重复") }
            if !seen.insert(operation.identifier).inserted { faults.append("JW-X041 \(name) 的标识 \(operation.identifier) 重复") }
        }
        let known = Set(schemas.keys.map { "#/components/schemas/\($0)" })
        for reference in Self.references(in: json).subtracting(known).sorted() { faults.append("JW-X042 引用了不存在的 \(reference)") }
        return faults
    }

    /// The whole document: paths in alphabetical order, methods in the order of `APIOperation.Method`.
    package var json: JSONValue {
        var document = JSONObject([("openapi", "3.1.0"), ("info", info)])
        document["servers"] = .array(servers.map { ["url": .string($0)] })
        document["tags"] = .array(
            Set(operations.map(\.tag)).sorted().map { tag in
                var object = JSONObject([("name", .string(tag))])
                object["description"] = tagTitles[tag].map(JSONValue.string)
                return .object(object)
            })
        let byPath = Dictionary(grouping: operations, by: \.path)
        document["paths"] = .object(
            JSONObject(
                byPath.keys.sorted().map { path in
                    let order = APIOperation.Method.allCases
                    let methods = (byPath[path] ?? []).sorted { (order.firstIndex(of: $0.method) ?? 0) < (order.firstIndex(of: $1.method) ?? 0) }
                    return (path, .object(JSONObject(methods.map { ($0.method.rawValue, Self.describe($0)) })))
                }))
        var components = JSONObject([("schemas", Self.sorted(schemas))])
        if !securitySchemes.isEmpty { components["securitySchemes"] = Self.sorted(securitySchemes) }
        document["components"] = .object(components)
        return .object(document)
    }

    private var info: JSONValue {
        var object = JSONObject([("title", .string(title)), ("version", .string(version))])
        if !details.isEmpty { object["description"] = .string(details) }
        return .object(object)
    }

    private static func describe(_ operation: APIOperation) -> JSONValue {
        var object = JSONObject([("tags", [.string(operation.tag)]), ("summary", .string(operation.summary)), ("operationId", .string(operation.identifier))])
        object["description"] = operation.details.map(JSONValue.string)
        let named = Set(operation.parameters.filter { $0.place == .path }.map(\.name))
        let parameters = operation.pathNames.filter { !named.contains($0) }.map { APIParameter($0, in: .path, $0) } + operation.parameters
        if !parameters.isEmpty {
            object["parameters"] = .array(
                parameters.map {
                    ["name": .string($0.name), "in": .string($0.place.rawValue), "description": .string($0.title), "required": .bool($0.isRequired), "schema": $0.schema]
                })
        }
        if let request = operation.request {
            object["requestBody"] = ["required": .bool(request.isRequired), "content": .object(JSONObject([(request.mediaType, ["schema": request.schema])]))]
        }
        object["responses"] = .object(
            JSONObject(
                operation.responses.sorted { $0.status < $1.status }.map { response in
                    var answer = JSONObject([("description", .string(response.title))])
                    answer["content"] = response.schema.map { .object(JSONObject([(response.mediaType, ["schema": $0])])) }
                    return (String(response.status), .object(answer))
                }))
        if !operation.security.isEmpty { object["security"] = .array(operation.security.map { .object(JSONObject([($0, [])])) }) }
        return .object(object)
    }

    private static func sorted(_ values: [String: JSONValue]) -> JSONValue { .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })) }

    private static func references(in value: JSONValue) -> Set<String> {
        switch value {
        case .array(let elements): return elements.reduce(into: []) { $0.formUnion(references(in: $1)) }
        case .object(let object):
            return object.members.reduce(into: []) { found, member in
                if member.name == "$ref", let target = member.value.string { found.insert(target) }
                found.formUnion(references(in: member.value))
            }
        default: return []
        }
    }

    /// RFC 9457 with Jianwei's stable code and every wrong field.
    private static let problem = APISchema.object(
        [
            ("type", APISchema.string("类型", example: "about:blank")), ("title", APISchema.string("标题")), ("status", APISchema.integer("HTTP 状态")),
            ("detail", APISchema.string("说明")), ("code", APISchema.string("稳定的错误码", example: "JW-K422")), ("requestId", APISchema.string("请求编号")),
            (
                "errors",
                APISchema.array(
                    of: APISchema.object(
                        [("field", APISchema.string("字段")), ("code", APISchema.string("错误码")), ("msg", APISchema.string("说明"))], required: ["field", "code", "msg"]), "全部有误的字段")
            ),
        ], required: ["title", "status", "code"], "错误")
}
