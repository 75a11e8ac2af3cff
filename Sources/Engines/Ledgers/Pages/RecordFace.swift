import Identity
import Kernel
import Maps
import Storage
import Web

/// How rows of one ledger look to one reader: titles of codes and links resolved, personal fields masked.
struct RecordFace: Sendable {
    let desk: LedgerDesk
    let presenter: Presenter
    let titles: ReferenceTitles
    let dictionaries: DictionarySnapshot
    /// Shows personal fields as they are; only after the right was checked and the look was audited.
    var reveals = false

    /// Personal fields are masked here even for those who may reveal them: a look is asked for and audited, never an accident of reading a list.
    func text(_ field: Field, _ record: Record) -> String { masked(field, presenter.text(field, record)) }

    func masked(_ field: Field, _ text: String) -> String { field.isPersonal && presenter.reveals && !reveals ? FieldChecks.masked(text, field.check) : text }

    /// A cell of a list: short, one line.
    func cell(_ field: Field, _ record: Record) -> Markup {
        switch field.kind {
        case .photo:
            guard let photo = photos(field, record).first else { return .empty }
            return "<img class=\"cell-photo\" src=\"\(photo.thumbnail)\" alt=\"\(field.title)\" loading=\"lazy\">"
        case .files:
            let count = record.files(field).count
            return count == 0 ? .empty : "\(Icon("link"))\(count)"
        case .bool:
            guard let value = record.values[field.name]?.int else { return .empty }
            return "\(Badge(text(field, record), value == 0 ? .muted : .good, isDot: true))"
        case .reference(let ledger):
            guard let id = record.values[field.name]?.int, desk.principal.may(LedgerRight.read.permission(on: ledger)) else { return "\(text(field, record))" }
            return "<a href=\"/ledgers/\(ledger)/\(id)\">\(text(field, record))</a>"
        case .decimal, .integer: return "\(text(field, record))"
        case .note:
            let whole = text(field, record)
            return whole.count > 40 ? "<span title=\"\(whole)\">\(whole.prefix(40))…</span>" : "\(whole)"
        default: return "\(text(field, record))"
        }
    }

    /// The value on a detail page.
    func value(_ field: Field, _ record: Record) -> Markup {
        switch field.kind {
        case .photo: return "\(PhotoStrip(photos(field, record)))"
        case .files:
            let items = record.files(field).map { file -> Markup in
                let preview = desk.services.previewPath(file.sha256, file.name).map { path -> Markup in
                    "<a class=\"file-preview\" href=\"\(path)\" target=\"_blank\" rel=\"noopener\" hx-boost=\"false\">\(Language.say("预览", "Preview"))</a>"
                }
                return
                    "<li><a href=\"\(desk.path(of: record.id))/files/\(field.name)/\(file.sha256)\" hx-boost=\"false\">\(Icon("link"))\(file.name.isEmpty ? "附件" : file.name)</a> <small>\(Figure.size(file.size))</small> \(preview)</li>"
            }
            return items.isEmpty ? .empty : "<ul class=\"file-list\">\(items)</ul>"
        case .location:
            guard let place = record.location(field.name) else { return .empty }
            let point = MapFeature("record", .point(Coordinate(place.longitude, place.latitude)), title: name(of: record))
            return
                "\(MapView(id: "map-\(field.name)", field.label(desk.context), layers: [MapLayer(desk.ledger.title, [point])], height: .small, context: desk.context))<span>\(text(field, record))</span>"
        case .codes:
            let codes = CodesField.members(of: record.values[field.name]?.text.map { .string($0) } ?? .null) ?? []
            guard case .codes(let dictionary) = field.kind else { return .empty }
            return .joined(codes.map { "\(Badge(title(of: $0, in: dictionary)))" }, by: " ")
        case .note: return "<span class=\"keeps-lines\">\(text(field, record))</span>"
        case .integer, .decimal:
            let shown = text(field, record)
            return shown.isEmpty ? .empty : "\(shown)\(field.unit.map { " \($0)" })"
        default: return cell(field, record)
        }
    }

    func photos(_ field: Field, _ record: Record) -> [PhotoStrip.Photo] {
        guard case .photo = field.kind, record.values[field.name]?.text != nil else { return [] }
        let path = "\(desk.path(of: record.id))/photos/\(field.name)"
        return [PhotoStrip.Photo(full: path, thumbnail: path + "?width=320", title: field.label(desk.context), note: name(of: record))]
    }

    /// A row's name in headings and pickers.
    func name(of record: Record) -> String {
        guard let field = desk.field(desk.ledger.titleField) else { return "#\(record.id)" }
        let shown = text(field, record)
        return shown.isEmpty ? "#\(record.id)" : shown
    }

    func owner(of record: Record) -> String { record.org.map(organisation) ?? "" }
    func organisation(_ id: Int64) -> String { titles.organisation(id) }

    func title(of code: String, in dictionary: String) -> String { dictionaries.title(of: code, in: dictionary, english: desk.context.language == .en) }

    /// Codes that may be chosen today; with `everything` also those that ended, for filters over old rows.
    func choices(_ dictionary: String, everything: Bool = false) -> [Choice] {
        dictionaries.items(dictionary, on: everything ? nil : desk.today).map { Choice($0.code, desk.context.language == .en && !$0.titleEN.isEmpty ? $0.titleEN : $0.title) }
    }

    /// The title of the row a link points to.
    func linkTitle(_ field: Field, _ id: Int64) -> String {
        switch field.kind {
        case .reference(let ledger): titles.title(of: id, in: ledger)
        case .organisation: titles.organisation(id)
        default: String(id)
        }
    }
}
