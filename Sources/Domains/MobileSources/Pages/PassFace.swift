import Kernel
import Ledgers
import Web

/// A number plate drawn as the real one: its colours, its dot, its letters.
struct PlateTag: Rendered {
    var plate: String
    var color: PlateColor
    var isLarge = false

    init(_ plate: String, _ color: PlateColor, isLarge: Bool = false) {
        self.plate = plate
        self.color = color
        self.isLarge = isLarge
    }

    var markup: Markup {
        let look = PlateNumber(normalizing: plate).isMissing ? "missing" : "\(color)"
        return "<span class=\"plate plate-\(look)\(isLarge ? " is-large" : "")\" title=\"\(color.plateTitle) \(plate)\">\(face)</span>"
    }

    /// `冀A·12345`: the dot stands after the two signs of the issuing office.
    private var face: Markup {
        let number = PlateNumber(normalizing: plate)
        switch number.layout {
        case .ordinary, .trailer, .training, .police, .smallNewEnergy, .largeNewEnergy: return "\(number.text.prefix(2))<i>·</i>\(number.text.dropFirst(2))"
        default: return "\(plate)"
        }
    }
}

/// The verdict of a pass as a tag: what was decided, and louder when the barrier was lifted against it.
struct VerdictTag: Rendered {
    var verdict: String
    var barrierAction: String

    init(_ verdict: String, barrierAction: String) {
        self.verdict = verdict
        self.barrierAction = barrierAction
    }

    /// Let through although it was refused.
    var isViolation: Bool { verdict == "refuse" && barrierAction != "0" }

    var markup: Markup {
        switch verdict {
        case "allow": "\(Badge("允许通行", .good))"
        case "refuse": isViolation ? "\(Badge("违规放行", .red))" : "\(Badge("不予放行", .orange))"
        default: "\(Badge("无法判定", .neutral))"
        }
    }
}

/// One pass as a live line; lists show it as a row, the wall of passes as a card.
package struct PassLine: Rendered {
    var item: PassFeed.Item

    package init(item: PassFeed.Item) { self.item = item }

    package var markup: Markup {
        let tag = VerdictTag(item.verdict, barrierAction: item.barrierAction)
        let field = item.headPhoto != nil ? "headPhoto" : item.bodyPhoto != nil ? "bodyPhoto" : nil
        let photo: Markup =
            field.map { field -> Markup in "<img src=\"/ledgers/gatePass/\(item.id)/photos/\(field)?width=320\" alt=\"\" width=\"320\" height=\"200\" loading=\"lazy\" data-late>" }
            ?? "\(Icon("image"))"
        let reasons = item.findings.prefix(2).joined(separator: "；")
        let look = tag.isViolation ? "violation" : item.verdict
        return """
            <li class="pass is-\(look)" data-county="\(item.area)" data-org="\(item.org)" data-verdict="\(item.verdict)"><a class="pass-photo" href="/passes/\(item.id)" tabindex="-1" aria-hidden="true">\(photo)</a>\
            <div class="pass-head"><a href="/passes/\(item.id)">\(PlateTag(item.plate, item.color))</a>\(tag)</div>\
            <div class="pass-facts"><time datetime="\(item.passedAt.rfc3339)">\(item.passedAt.text.suffix(8))</time><span class="way way-\(item.direction)">\(GateCodes.direction.title(of: item.direction))</span>\
            <span>\(item.stage.title)</span><span class="pass-where">\(item.enterprise) \(item.gate)</span></div>\(Markup.when(!reasons.isEmpty, "<p class=\"pass-why\">\(reasons)</p>"))</li>
            """
    }
}

extension PassFeed.Item {
    /// A stored pass as a live line shows it.
    init(_ record: Record, in snapshot: GateRegistry.Snapshot) {
        let org = record.org ?? 0
        let gateNo = record[GatePassEvent.gateNo] ?? ""
        self.init(
            id: record.id, org: org, area: record.area ?? "", enterprise: snapshot.enterprises[org]?.name ?? "",
            gate: snapshot.gates[GateRegistry.GateKey(org: org, gateNo: gateNo)]?.name ?? gateNo,
            plate: record[GatePassEvent.plateNo] ?? "", color: record[GatePassEvent.plateColor].flatMap(PlateColor.init(rawValue:)) ?? .other,
            direction: record[GatePassEvent.direction] ?? "",
            stage: record[GatePassEvent.emissionStage].flatMap(EmissionStage.init(rawValue:)) ?? .unknown, verdict: record[GatePassEvent.verdict] ?? "unknown",
            findings: codes(record[GatePassEvent.findings]).map { PassFinding(rawValue: $0)?.title ?? $0 }, passedAt: record[GatePassEvent.passedAt] ?? Moment(milliseconds: 0),
            headPhoto: record[GatePassEvent.headPhoto], bodyPhoto: record[GatePassEvent.bodyPhoto], barrierAction: record[GatePassEvent.barrierAction] ?? "",
            cargo: record[GatePassEvent.cargoName])
    }
}

/// Addresses of the generated list of passes with conditions.
package enum PassLinks {
    /// `[("verdict", ["refuse"])]` becomes `/ledgers/gatePass?f.verdict=refuse`; a day stands for all its moments.
    package static func list(_ filters: [LedgerQuery.Filter]) -> String {
        var query = LedgerQuery(ledger: GatePassEvent.ledger.name)
        query.filters = filters
        return "/ledgers/\(GatePassEvent.ledger.name)?\(query.urlQuery)"
    }

    /// Of one business day.
    package static func on(_ day: Day, _ filters: [LedgerQuery.Filter] = []) -> String { list([.init("passedAt", .between, [day.text, day.text])] + filters) }

    /// Everything about one vehicle.
    package static func plate(_ plate: String) -> String { "/plates/\(FormEncoding.encode(plate))" }
}
