import Identity
import Kernel

/// The city whose authorities the first start makes: its province, itself, its counties.
struct FirstCity: Sendable {
    let region: Region

    /// Where the demonstration plays, and what an operator gets who names no city.
    static let shijiazhuang = FirstCity("130100")

    /// - Parameter code: four or six digits of GB/T 2260, of a city whose counties are known.
    init?(_ code: String) {
        let digits = code.utf8.count == 4 ? code + "00" : code
        guard let region = Region(code: digits), region.level == .city, region.isKnown, !region.children.isEmpty else { return nil }
        self.region = region
    }

    var province: IdentityEngine.Authority { IdentityEngine.Authority(area: String(region.code.prefix(2)), name: region.parent?.title ?? "") }
    var city: IdentityEngine.Authority { IdentityEngine.Authority(area: region.prefix, name: region.title) }

    /// Development zones have no authority of their own.
    var counties: [IdentityEngine.Authority] { region.children.filter { !$0.isStatistical }.map { IdentityEngine.Authority(area: $0.code, name: $0.title) } }
}
