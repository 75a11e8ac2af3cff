import Identity
import Kernel
import Web

/// The search form above a list, and the chips that show what is filtered.
struct ListFilters: Sendable {
    let desk: LedgerDesk
    let face: RecordFace
    /// Canonical.
    let address: PageAddress

    var form: SearchForm {
        var fields: [FormField] = []
        if desk.fields.contains(where: { $0.marks.contains(.searchable) }) {
            let names = desk.fields.filter { $0.marks.contains(.searchable) }.map { $0.label(desk.context) }
            fields.append(FormField("q", desk.context.text("关键字", "Search"), .text, value: address["q"], placeholder: names.prefix(3).joined(separator: "、"), maxLength: 64))
        }
        let filterable = filterableFields
        // A ledger with very many rows is asked by time first.
        if desk.ledger.isLarge, let time = desk.ledger.timeField, let field = filterable.first(where: { $0.name == time }) { fields.append(control(field)) }
        if desk.showsOwner { fields.append(ownerControl) }
        fields += filterable.filter { !(desk.ledger.isLarge && $0.name == desk.ledger.timeField) }.map(control)
        if desk.may(.delete) {
            fields.append(
                FormField(
                    "deleted", desk.context.text("记录状态", "State"), .select([Choice("1", desk.context.text("包含已删除", "Including deleted"))]), value: address["deleted"],
                    placeholder: desk.context.text("未删除", "Not deleted")))
        }
        let kept = address.query.filter { ["sort", "size", "cols", "view"].contains($0.name) }
        return SearchForm(action: desk.path, fields: fields, table: ListPage.tableId, kept: kept)
    }

    private var filterableFields: [Field] { desk.fields.filter { $0.marks.contains(.filterable) && !$0.isComputed } }

    private var ownerControl: FormField {
        let value = address["f.org"] ?? ""
        return FormField(
            "f.org", desk.context.text(desk.ledger.owners.short, desk.ledger.owners.titleEN),
            .reference(url: "\(desk.path)/organisations", shown: Int64(value).map { face.organisation($0) } ?? ""), value: value)
    }

    private func control(_ field: Field) -> FormField {
        let name = "f.\(field.name)"
        let title = field.label(desk.context)
        let chosen = address[name].map { $0.split(separator: ",").map(String.init) } ?? []
        switch field.kind {
        case .code(let dictionary), .codes(let dictionary): return FormField(name, title, .dropdown(face.choices(dictionary, everything: true)), values: chosen)
        case .bool: return FormField(name, title, .select([Choice("true", desk.context.text("是", "Yes")), Choice("false", desk.context.text("否", "No"))]), values: chosen)
        case .day, .moment: return FormField(name, title, .dayRange, values: range(name))
        case .integer, .decimal: return FormField(name, title, .numberRange, values: range(name), unit: field.unit)
        case .reference(let ledger):
            return FormField(
                name, title, .reference(url: "/ledgers/\(ledger)/choices", shown: chosen.first.flatMap { Int64($0) }.map { face.linkTitle(field, $0) } ?? ""), values: chosen)
        case .organisation:
            return FormField(
                name, title, .reference(url: "\(desk.path)/organisations", shown: chosen.first.flatMap { Int64($0) }.map { face.organisation($0) } ?? ""), values: chosen)
        default: return FormField(name + ".contains", title, .text, value: address[name + ".contains"] ?? address[name], maxLength: 64)
        }
    }

    private func range(_ name: String) -> [String] { [address[name + ".gte"] ?? "", address[name + ".lte"] ?? ""] }

    /// One chip a condition, each with a link that removes it.
    var chips: Markup {
        let chips = conditions
        guard !chips.isEmpty else { return .empty }
        let items = chips.map { chip -> Markup in
            let path = chip.names.reduce(address.restarting) { $0.with($1, nil) }.text
            return "<li><span>\(chip.text)</span><a href=\"\(path)\" aria-label=\"\(desk.context.text("去掉条件", "Remove")) \(chip.text)\">\(Icon("x"))</a></li>"
        }
        let clear = PageAddress(desk.path, address.query.filter { ["sort", "size", "cols"].contains($0.name) }).text
        return
            "<ul class=\"chips\" aria-label=\"\(desk.context.text("已用条件", "Active filters"))\">\(items)<li class=\"chips-clear\"><a href=\"\(clear)\">\(desk.context.text("清除全部", "Clear all"))</a></li></ul>"
    }

    /// In words, for chips, prints and the record of exports.
    var conditions: [(text: String, names: [String])] {
        var out: [(text: String, names: [String])] = []
        if let search = address["q"] { out.append(("“\(search)”", ["q"])) }
        // An enterprise learns no other's name by asking for its number.
        var isForeign = false
        if case .organisation(let own) = desk.principal.scope { isForeign = address["f.org"] != String(own) }
        if !isForeign, let owner = address["f.org"].flatMap({ Int64($0) }) { out.append((desk.context.text("企业：", "Enterprise: ") + face.organisation(owner), ["f.org"])) }
        for field in desk.fields {
            let name = "f.\(field.name)"
            let title = field.label(desk.context)
            if let value = address[name] { out.append(("\(title)：\(words(field, value))", [name])) }
            if let value = address[name + ".contains"] { out.append((desk.context.text("\(title)含“\(value)”", "\(title) contains “\(value)”"), [name + ".contains"])) }
            let from = address[name + ".gte"]
            let to = address[name + ".lte"]
            if from != nil || to != nil { out.append(("\(title)：\(from ?? "…") – \(to ?? "…")", [name + ".gte", name + ".lte"])) }
            for (mark, word) in [("isEmpty", "为空"), ("notEmpty", "不为空")] where address["\(name).\(mark)"] != nil { out.append((title + word, ["\(name).\(mark)"])) }
            for (mark, word) in [("ne", "不是"), ("startsWith", "开头是")] {
                if let value = address["\(name).\(mark)"] { out.append(("\(title)\(word)\(words(field, value))", ["\(name).\(mark)"])) }
            }
        }
        if address["deleted"] == "1" { out.append((desk.context.text("包含已删除", "Including deleted"), ["deleted"])) }
        return out
    }

    private func words(_ field: Field, _ value: String) -> String {
        let parts = value.split(separator: ",").map(String.init)
        switch field.kind {
        case .code(let dictionary), .codes(let dictionary): return parts.map { face.title(of: $0, in: dictionary) }.joined(separator: "、")
        case .bool: return value == "true" ? desk.context.text("是", "Yes") : desk.context.text("否", "No")
        case .reference, .organisation: return parts.map { part in Int64(part).map { face.linkTitle(field, $0) } ?? part }.joined(separator: "、")
        default: return value
        }
    }
}
