import Kernel
import Web

/// The form of one field's declaration, both ways.
enum FieldDesign {
    static func controls(_ input: FormInput, _ engine: LedgerEngine, _ context: WebContext) -> [FormField] {
        let dictionaries = engine.dictionaries.snapshot
        let ledgers = engine.declarations.filter { $0.name != DictionaryLedger.ledger.name }
        let named = dictionaries.names.map { Choice($0, dictionaries.title(ofDictionary: $0)) }
        return [
            FormField("fieldTitle", context.text("字段名称", "Field title"), .text, value: input["fieldTitle"], isRequired: true, maxLength: 40),
            FormField("field", context.text("字段标识", "Field name"), .text, value: input["field"], isRequired: true, help: "小写字母开头的英文，建立后不能修改", maxLength: 40),
            FormField("kind", context.text("类型", "Kind"), .select(DesignWords.kinds.map { Choice($0.word, $0.title) }), value: input["kind"] ?? "text", isRequired: true),
            FormField("dictionary", context.text("字典（类型为字典时）", "Dictionary"), .select(named), value: input["dictionary"], placeholder: "不适用"),
            FormField("target", context.text("关联台账（类型为关联时）", "Ledger"), .select(ledgers.map { Choice($0.name, $0.title) }), value: input["target"], placeholder: "不适用"),
            FormField("least", context.text("最小值或最少字数", "Minimum"), .number(step: "any"), value: input["least"]),
            FormField("most", context.text("最大值或最多字数", "Maximum"), .number(step: "any"), value: input["most"]),
            FormField("places", context.text("小数位数", "Decimal places"), .number(step: "1"), value: input["places"], minimum: "0", maximum: "6"),
            FormField("unit", context.text("计量单位", "Unit"), .text, value: input["unit"], maxLength: 12),
            FormField("section", context.text("表单分区", "Section"), .text, value: input["section"], maxLength: 20),
            FormField("hint", context.text("填写说明", "Hint"), .text, value: input["hint"], maxLength: 100, isWide: true),
            FormField("marks", context.text("属性", "Marks"), .multiSelect(DesignWords.marks.map { Choice($0.word, $0.title) }), values: input.all("marks"), isWide: true),
        ]
    }

    /// Every finding goes into `findings`; nil where no field comes of it.
    static func field(_ input: FormInput, _ findings: inout [FieldFinding]) -> Field? {
        guard let title = input["fieldTitle"] else {
            findings.append(FieldFinding("fieldTitle", "required", "不能为空", title: "字段名称"))
            return nil
        }
        guard let name = input["field"], DesignWords.isName(name) else {
            findings.append(FieldFinding("field", "format", "应以小写字母开头，只含字母和数字", title: "字段标识"))
            return nil
        }
        guard let kind = kind(input, &findings) else { return nil }
        var marks: FieldMarks = []
        for mark in DesignWords.marks where input.all("marks").contains(mark.word) { marks.insert(mark.mark) }
        var field = Field(name, title, kind: kind, marks: marks, unit: input["unit"])
        field.hint = input["hint"]
        field.section = input["section"]
        return field
    }

    private static func kind(_ input: FormInput, _ findings: inout [FieldFinding]) -> FieldKind? {
        var json = JSONObject([("kind", .string(input["kind"] ?? ""))])
        let isDecimal = input["kind"] == "decimal"
        if let least = input["least"].flatMap({ Double($0) }) { json["min"] = isDecimal ? .double(least) : .int(Int64(max(-1e15, min(1e15, least)))) }
        if let most = input["most"].flatMap({ Double($0) }) { json["max"] = isDecimal ? .double(most) : .int(Int64(max(-1e15, min(1e15, most)))) }
        if let places = input["places"].flatMap({ Int64($0) }) { json["places"] = .int(places) }
        json["dictionary"] = input["dictionary"].map(JSONValue.string)
        json["ledger"] = input["target"].map(JSONValue.string)
        if ["code", "codes"].contains(input["kind"]), input["dictionary"] == nil { findings.append(FieldFinding("dictionary", "required", "请选择字典", title: "字典")) }
        if input["kind"] == "reference", input["target"] == nil { findings.append(FieldFinding("target", "required", "请选择关联的台账", title: "关联台账")) }
        guard findings.isEmpty else { return nil }
        guard let kind = FieldKind(json: .object(json)) else {
            findings.append(FieldFinding("kind", "range", "类型或范围有误：最小值不能大于最大值，文字不超过 4000 字", title: "类型"))
            return nil
        }
        return kind
    }

    /// A declared field as its form would send it.
    static func input(_ field: Field) -> FormInput {
        var items: [PageAddress.QueryItem] = [.init("fieldTitle", field.title), .init("field", field.name), .init("kind", field.kind.word)]
        for parameter in field.kind.parameters {
            let text = parameter.value.written ?? ""
            switch parameter.name {
            case "min": items.append(.init("least", text))
            case "max": items.append(.init("most", text))
            case "places": items.append(.init("places", text))
            case "dictionary": items.append(.init("dictionary", text))
            case "ledger": items.append(.init("target", text))
            default: continue
            }
        }
        for (name, text) in [("unit", field.unit), ("hint", field.hint), ("section", field.section)] { if let text { items.append(.init(name, text)) } }
        items += DesignWords.marks.filter { field.marks.contains($0.mark) }.map { .init("marks", $0.word) }
        return FormInput(items: items)
    }
}

/// The designer's words.
enum DesignWords {
    static let ownerships = [
        Choice("enterprise", "企业：每条记录属于一家企业，企业只见自己的"), Choice("authority", "监管部门：按行政区域查看"), Choice("shared", "共享：有权限的人都能查看"),
    ]

    static let kinds: [(word: String, title: String)] = [
        ("text", "单行文字"), ("note", "多行文字"), ("integer", "整数"), ("decimal", "小数"), ("bool", "是否"), ("day", "日期"), ("moment", "日期时间"), ("code", "字典单选"), ("codes", "字典多选"),
        ("reference", "关联其他台账"), ("organisation", "组织机构"), ("photo", "照片"), ("files", "附件"), ("location", "位置"),
    ]

    static let marks: [(word: String, title: String, mark: FieldMarks)] = [
        ("required", "必填", .required), ("searchable", "可搜索", .searchable), ("filterable", "可筛选", .filterable), ("sortable", "可排序", .sortable), ("unlisted", "列表中默认不显示", .unlisted),
        ("groupable", "可作统计维度", .groupable), ("summable", "可求和", .summable), ("personal", "个人信息（默认隐藏）", .personal), ("immutable", "登记后不能修改", .immutable),
    ]

    static func ownership(_ value: LedgerDeclaration.Ownership) -> String {
        switch value {
        case .enterprise: "企业"
        case .authority: "监管部门"
        case .shared: "共享"
        }
    }

    static func kind(_ kind: FieldKind) -> String { kinds.first { $0.word == kind.word }?.title ?? kind.word }

    /// `toolCheck`: also a table's and an address's part.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (97...122).contains(first), (2...40).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy { (48...57).contains($0) || ($0 | 0x20 >= 97 && $0 | 0x20 <= 122) }
    }
}
