import Exchange
import Kernel

/// The operations of one ledger, with every status that can be answered.
struct LedgerOperations: Sendable {
    let ledger: LedgerDeclaration
    let fields: [Field]
    let dictionaries: DictionarySnapshot
    /// Names that statistics take.
    let dimensions: [String]
    let measures: [String]

    private var base: String { "/api/v1/\(ledger.name)" }
    private var name: String { ledger.name.prefix(1).uppercased() + ledger.name.dropFirst() }
    private static let security = ["session", "bearer"]

    func add(to document: inout OpenAPIDocument) {
        document.describeTag(ledger.title, "\(ledger.id) \(ledger.title)")
        document.addSchema(name, row)
        document.addSchema(name + "Values", shownValues)
        if !ledger.isReadOnly {
            document.addSchema(name + "Input", input(isWhole: true))
            document.addSchema(name + "Change", input(isWhole: false))
        }
        document.add(reads)
        if !ledger.isReadOnly { document.add(writes) }
    }

    // MARK: Operations

    private func operation(_ method: APIOperation.Method, _ path: String, _ summary: String, parameters: [APIParameter] = [], request: APIBody? = nil, responses: [APIResponse])
        -> APIOperation
    {
        let common: [APIResponse] = [
            .problem(401, "尚未登录"), .problem(403, "没有权限"), .problem(404, "没有这个台账或记录，或不在数据范围内"), .problem(422, "请求有误，列出全部问题"), .problem(429, "请求过于频繁"), .problem(503, "暂时繁忙"),
        ]
        let known = Set(responses.map(\.status))
        return APIOperation(
            method, base + path, summary, tag: ledger.title, parameters: path.contains("{id}") ? [id] + parameters : parameters, request: request,
            responses: responses + common.filter { !known.contains($0.status) },
            security: LedgerOperations.security)
    }

    private var id: APIParameter { APIParameter("id", in: .path, "记录编号", APISchema.integer(nil, in: 1...Int64.max)) }
    private var ok: APIResponse { APIResponse(200, "这条记录", APISchema.reference(name)) }
    private var match: APIParameter {
        APIParameter("If-Match", in: .header, "读取时返回的 ETag，如 \"3\"；* 表示不管版本", APISchema.string(pattern: "^(\\*|\"[1-9][0-9]{0,8}\")$", example: "\"3\""), required: true)
    }

    private var reads: [APIOperation] {
        [
            operation(.get, "", "列表", parameters: filters + paging, responses: [APIResponse(200, "一页", page)]),
            operation(.get, "/{id}", "读取一条", parameters: [deleted], responses: [ok]),
            operation(.get, "/{id}/history", "变更历史", responses: [APIResponse(200, "从新到旧", APISchema.object([("items", APISchema.array(of: change))], required: ["items"]))]),
            operation(
                .get, "/statistics", "统计",
                parameters: [APIParameter("dim", "维度，逗号分隔，最多三个", some(of: dimensions, most: 3)), APIParameter("measure", "指标，逗号分隔", some(of: measures, most: measures.count))]
                    + filters, responses: [APIResponse(200, "统计表", statistics)]),
            operation(
                .get, "/export", "导出文件（最多 5,000 条）",
                parameters: [
                    APIParameter("format", "文件格式", APISchema.string(values: ["xlsx", "csv"])), APIParameter("cols", "列，逗号分隔", some(of: fields.map(\.name), most: fields.count)),
                ] + filters,
                responses: [APIResponse(200, "文件", ["type": "string", "contentMediaType": .string(SheetFormat.xlsx.mediaType)], mediaType: "*/*"), .problem(413, "超过 5,000 条")]),
        ]
    }

    private var writes: [APIOperation] {
        let body = APIBody(APISchema.reference(name + "Input"))
        let change = APIBody(APISchema.reference(name + "Change"))
        let tooLarge = APIResponse.problem(413, "内容过大")
        let conflict = APIResponse.problem(409, "已被他人修改，或幂等键用于别的内容")
        let upload = operation(
            .post, "/uploads", "上传照片或附件，得到填入记录的 sha256",
            request: APIBody(
                APISchema.object(
                    [("field", APISchema.string("字段", values: fileFields.isEmpty ? nil : fileFields)), ("file", ["type": "string", "format": "binary"])],
                    required: ["field", "file"]),
                mediaType: "multipart/form-data"),
            responses: [APIResponse(201, "已存", file), tooLarge])
        return [
            upload,
            operation(
                .post, "", "新增", parameters: [APIParameter("Idempotency-Key", in: .header, "幂等键，同一个键只登记一次", APISchema.string(length: 1...128, pattern: "^[!-~]+$"))], request: body,
                responses: [APIResponse(201, "已新增", APISchema.reference(name)), APIResponse(200, "此前已用同一幂等键新增", APISchema.reference(name)), tooLarge, conflict]),
            operation(.put, "/{id}", "整条修改（未给出的字段清空）", parameters: [match], request: body, responses: [ok, tooLarge, conflict]),
            operation(.patch, "/{id}", "部分修改", parameters: [match], request: change, responses: [ok, tooLarge, conflict]),
            operation(
                .delete, "/{id}", "删除（可恢复）", parameters: [APIParameter("reason", "删除原因", APISchema.string(length: 1...200), required: true)], responses: [APIResponse(204, "已删除")]),
            operation(.post, "/{id}/restore", "恢复", responses: [ok]),
            operation(
                .post, "/import", "导入表格（后台执行）",
                request: APIBody(
                    APISchema.object(
                        [
                            ("file", ["type": "string", "format": "binary"]), ("badRows", APISchema.string("有问题的行", values: ["refuseAll", "skip"])),
                            ("knownRows", APISchema.string("已登记的记录", values: ["refuse", "update"])), ("dryRun", APISchema.string("只检查不写入", values: ["true", "false"])),
                        ], required: ["file"]), mediaType: "multipart/form-data"),
                responses: [APIResponse(202, "已开始", APISchema.object([("task", APISchema.integer()), ("page", APISchema.string())], required: ["task", "page"])), tooLarge]),
        ]
    }

    private var fileFields: [String] { fields.filter { $0.holdsFiles && !$0.marks.contains(.readOnly) }.map(\.name) }

    // MARK: Parameters

    private var paging: [APIParameter] {
        [
            APIParameter("sort", "排序字段，前加 - 为倒序，逗号分隔", some(of: sortable, most: 3, sign: "-?")),
            APIParameter("cursor", "上一页返回的 next 或 previous", APISchema.string(length: 1...2_000, pattern: "^[A-Za-z0-9_-]+$")),
            APIParameter("limit", "每页条数", APISchema.integer(nil, in: 1...200)),
            deleted,
        ]
    }

    private var deleted: APIParameter { APIParameter("deleted", "1：包含已删除（须有删除权限）", APISchema.string(values: ["0", "1"])) }

    private var sortable: [String] {
        ["id", "createdAt", "updatedAt"] + fields.filter { !$0.isComputed && !$0.isPersonal && $0.kind.behaviour.columns(of: $0).count == 1 }.map(\.name)
    }

    /// Names separated by commas.
    private func some(of names: [String], most: Int, sign: String = "") -> JSONValue {
        let one = "\(sign)(\(names.joined(separator: "|")))"
        return APISchema.string(pattern: "^\(one)(,\(one)){0,\(max(0, most - 1))}$", example: names.first)
    }

    private var filters: [APIParameter] {
        var out: [APIParameter] = []
        if fields.contains(where: { $0.marks.contains(.searchable) }) { out.append(APIParameter("q", "关键字", APISchema.string(length: 0...64))) }
        if ledger.ownedBy == .enterprise { out.append(APIParameter("f.org", "所属企业的机构编号", APISchema.string(pattern: "^[1-9][0-9]{0,14}$"))) }
        for field in fields where field.marks.contains(.filterable) && !field.isComputed {
            out += filters(field)
        }
        return out
    }

    private func filters(_ field: Field) -> [APIParameter] {
        let name = "f.\(field.name)"
        let one = compared(field)
        switch field.kind {
        case .day, .moment, .integer, .decimal:
            return [APIParameter(name, field.title, one), APIParameter(name + ".gte", "\(field.title)不小于", one), APIParameter(name + ".lte", "\(field.title)不大于", one)]
        case .text, .note: return [APIParameter(name, field.title, one), APIParameter(name + ".contains", "\(field.title)含有", APISchema.string(length: 1...64))]
        case .bool: return [APIParameter(name, field.title, APISchema.string(values: ["true", "false"]))]
        case .reference, .organisation: return [APIParameter(name, "\(field.title)的编号，多个用逗号分隔", APISchema.string(pattern: "^[1-9][0-9]{0,14}(,[1-9][0-9]{0,14})*$"))]
        default: return [APIParameter(name, "\(field.title)的代码，多个用逗号分隔", one)]
        }
    }

    private func compared(_ field: Field) -> JSONValue {
        switch field.kind {
        case .day: APISchema.day()
        case .moment: APISchema.moment()
        case .integer: APISchema.string(pattern: "^-?[0-9]{1,15}$")
        case .decimal: APISchema.string(pattern: "^-?[0-9]{1,12}(\\.[0-9]{1,6})?$")
        default: APISchema.string(length: 1...200)
        }
    }

    // MARK: Schemas

    private var row: JSONValue {
        APISchema.object(
            [
                ("id", APISchema.integer("编号")), ("version", APISchema.integer("版本")), ("org", APISchema.nullable(APISchema.integer("所属机构"))),
                ("area", APISchema.nullable(APISchema.string("行政区划代码"))),
                ("createdAt", APISchema.moment("创建时间")), ("updatedAt", APISchema.moment("更新时间")), ("deletedAt", APISchema.nullable(APISchema.moment("删除时间"))),
                ("values", APISchema.reference(name + "Values")),
            ], required: ["id", "version", "org", "area", "createdAt", "updatedAt", "deletedAt", "values"], ledger.title)
    }

    /// - Parameter isWhole: every required field must be there, as for a new record; a change names only what changes.
    private func input(isWhole: Bool) -> JSONValue {
        var members: [(name: String, schema: JSONValue)] = [("values", values(isWhole: isWhole))]
        if ledger.ownedBy == .enterprise, isWhole { members.append(("org", APISchema.integer("所属企业的机构编号；企业用户不用给出", in: 1...Int64.max))) }
        if ledger.ownedBy == .authority, isWhole { members.append(("area", APISchema.string("行政区划代码", length: 2...12))) }
        return closed(APISchema.object(members, required: ["values"]))
    }

    private var shownValues: JSONValue { APISchema.object(fields.map { ($0.name, APISchema.nullable(readable($0))) }) }

    private func values(isWhole: Bool) -> JSONValue {
        let open = fields.filter { !$0.isComputed && !$0.marks.contains(.readOnly) }
        let required = isWhole ? open.filter { $0.isRequired && $0.fallback == nil }.map(\.name) : []
        return closed(APISchema.object(open.map { ($0.name, writable($0)) }, required: required))
    }

    private func closed(_ schema: JSONValue) -> JSONValue {
        guard case .object(var object) = schema else { return schema }
        object["additionalProperties"] = false
        return .object(object)
    }

    private func readable(_ field: Field) -> JSONValue {
        // A masked value is a text, whatever it hides.
        if field.isPersonal { return APISchema.string(field.title) }
        return schema(field, isWriting: false)
    }

    private func writable(_ field: Field) -> JSONValue { field.isRequired ? schema(field, isWriting: true) : APISchema.nullable(schema(field, isWriting: true)) }

    private func schema(_ field: Field, isWriting: Bool) -> JSONValue {
        switch field.kind {
        case .text(let length), .note(let length): APISchema.string(field.title, length: isWriting && field.check == nil ? length : 0...max(length.upperBound, 4_000))
        case .integer(let range): APISchema.integer(field.title, in: isWriting ? Int64(range.lowerBound)...Int64(range.upperBound) : nil)
        case .decimal(_, let range): APISchema.number(field.title, in: isWriting ? range : nil)
        case .bool: APISchema.boolean(field.title)
        case .day: APISchema.day(field.title)
        case .moment: APISchema.moment(field.title)
        case .code(let dictionary): isWriting ? APISchema.string(field.title, values: codes(dictionary)) : APISchema.string(field.title)
        case .codes(let dictionary): APISchema.array(of: isWriting ? APISchema.string(values: codes(dictionary)) : APISchema.string(), field.title)
        case .reference, .organisation: APISchema.integer(field.title, in: isWriting ? 1...Int64.max : nil)
        case .photo: APISchema.string("\(field.title)：已上传照片的 SHA-256", length: isWriting ? 64...64 : nil, pattern: isWriting ? "^[0-9a-f]{64}$" : nil)
        case .files: APISchema.array(of: file, field.title, count: isWriting ? 0...20 : nil)
        case .location: APISchema.object([("lng", APISchema.number("经度", in: -180...180)), ("lat", APISchema.number("纬度", in: -90...90))], required: ["lng", "lat"], field.title)
        case .computed: [:]
        }
    }

    private func codes(_ dictionary: String) -> [String]? {
        let codes = dictionaries.items(dictionary, on: nil).map(\.code)
        return codes.isEmpty ? nil : codes
    }

    private var file: JSONValue {
        APISchema.object(
            [
                ("sha256", APISchema.string(length: 64...64, pattern: "^[0-9a-f]{64}$")), ("name", APISchema.string(length: 0...200)),
                ("mediaType", APISchema.string(length: 0...100)), ("size", APISchema.integer()),
            ],
            required: ["sha256"])
    }

    private var page: JSONValue {
        APISchema.object(
            [
                ("items", APISchema.array(of: APISchema.reference(name))),
                ("total", APISchema.nullable(APISchema.object([("count", APISchema.integer()), ("isExact", APISchema.boolean("否则为“至少”"))], required: ["count", "isExact"]))),
                ("next", APISchema.nullable(APISchema.string("下一页游标"))), ("previous", APISchema.nullable(APISchema.string("上一页游标"))),
            ], required: ["items", "total", "next", "previous"])
    }

    private var change: JSONValue {
        APISchema.object(
            [
                ("version", APISchema.integer()), ("kind", APISchema.string(values: ["created", "updated", "deleted", "restored"])), ("at", APISchema.moment()),
                ("by", APISchema.string()),
                ("reason", APISchema.nullable(APISchema.string())),
                (
                    "changes",
                    APISchema.array(
                        of: APISchema.object(
                            [("field", APISchema.string()), ("title", APISchema.string()), ("before", APISchema.string()), ("after", APISchema.string())],
                            required: ["field", "before", "after"]))
                ),
            ], required: ["version", "kind", "at", "by", "reason", "changes"])
    }

    private var statistics: JSONValue {
        let row = APISchema.object(
            [("keys", APISchema.array(of: [:])), ("labels", APISchema.array(of: APISchema.string())), ("values", APISchema.array(of: APISchema.nullable(APISchema.number())))],
            required: ["keys", "labels", "values"])
        return APISchema.object(
            [
                ("dimensions", APISchema.array(of: APISchema.string())), ("measures", APISchema.array(of: APISchema.string())), ("rows", APISchema.array(of: row)),
                ("isTruncated", APISchema.boolean()),
            ],
            required: ["dimensions", "measures", "rows", "isTruncated"])
    }
}
