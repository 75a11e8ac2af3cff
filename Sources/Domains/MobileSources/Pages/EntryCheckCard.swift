import Kernel
import Ledgers
import Web

/// A-43 beside the answer of a look-up: who may drive, what may be on it, and the guard's two questions.
struct EntryCheckCard: Rendered {
    var answer: FilingLookup.Answer
    var records: [Record]
    var plate: PlateNumber
    var color: PlateColor
    var org: Int64
    var findings: [FieldFinding] = []
    var context: WebContext

    var markup: Markup {
        let rows = records.map { record -> Markup in
            let driver = record[FieldKey<String>("driver")].map { Masking.name($0) } ?? "不限"
            let tail = record[FieldKey<String>("driverIdCard")].map { "，证件尾号 \($0.suffix(4))" } ?? ""
            let photo: Markup =
                record[FieldKey<String>("driverPhoto")] == nil
                ? "<span class=\"entry-face\">\(Icon("user"))</span>"
                : "<img class=\"entry-face\" src=\"/ledgers/\(EntryAuthorisation.ledger.name)/\(record.id)/photos/driverPhoto?width=320\" alt=\"驾驶人照片\" width=\"96\" height=\"120\">"
            let cargo = record[FieldKey<String>("cargo")] ?? "不限"
            let gates = record[FieldKey<String>("gateNos")].map { "\($0) 号出入口" } ?? "各出入口"
            let until = record[FieldKey<Day>("validUntil")]?.text ?? "长期"
            return """
                <li class="entry-line">\(photo)<dl><div><dt>驾驶人</dt><dd>\(driver)\(tail)</dd></div><div><dt>货物</dt><dd>\(cargo)</dd></div><div><dt>范围</dt><dd>\(gates)，至 \(until)</dd></div></dl></li>
                """
        }
        let list: Markup = rows.isEmpty ? "<p class=\"muted\">没有在有效期内的进厂授权。</p>" : "<ul class=\"entry-lines\">\(rows)</ul>"
        let choices = EntryCheck.match.map { Choice($0.code, $0.title) }
        let section = FormSection(
            "核验",
            [
                FormField("plateNo", "号牌号码", .hidden, value: plate.text), FormField("plateColor", "号牌颜色", .hidden, value: color.rawValue),
                FormField("org", "企业", .hidden, value: String(org)),
                FormField("person", "驾驶人", .radio(choices), value: "match", isRequired: true, help: "当面核对本人与授权的姓名、照片、证件尾号"),
                FormField("cargo", "货物", .radio(choices), value: "match", isRequired: true, help: "查看车厢或随车单据"),
                FormField("note", "说明", .text, placeholder: "不一致时写明情况", maxLength: 500, isWide: true),
            ])
        let form = Form(action: LookupPage.checkPath, sections: [section], submit: "记录核验结果", findings: findings, context: context)
        return "\(Card("进厂授权核验", body: "\(list)\(form)"))"
    }
}
