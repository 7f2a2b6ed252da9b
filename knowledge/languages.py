"""How operating systems and .NET word the same few network failures in other languages; the rules use these lists as they are."""

from typing import Final

# Windows (WSA 10060, 10061, 11001, 10051, 10065, 10054), glibc and .NET: German, French, Spanish, Italian, Portuguese, Dutch,
# Polish, Swedish, Russian, Chinese (simplified and traditional), Japanese.

TIMED_OUT: Final = (
    "Gegenstelle nach einer bestimmten Zeitspanne nicht", "Wartezeit für die Verbindung abgelaufen", "Zeitüberschreitung", "Verbindungszeitüberschreitung", "Zeitlimit wurde überschritten", "Verbindungsaufbau hat zu lange gedauert",
    "le parti connecté n'a pas répondu convenablement", "Connexion terminée par expiration du délai", "délai d'attente est dépassé", "délai d'attente dépassé", "délai de connexion dépassé",
    "la parte conectada no respondió adecuadamente", "Expiró el tiempo de conexión", "Tiempo de espera de la conexión agotado", "tiempo de espera agotado", "se agotó el tiempo de espera", "tiempo de conexión agotado",
    "Risposta non corretta della parte connessa", "Connessione scaduta", "Timeout della connessione", "tempo scaduto per la connessione", "connessione in timeout",
    "o componente conectado não respondeu corretamente", "o host conectado não respondeu", "Tempo esgotado para conexão", "tempo limite da conexão", "Conexão expirou", "tempo de ligação esgotado",
    "verbonden party na bepaalde tijd niet correct heeft geantwoord", "omdat de verbonden partij niet", "Wachttijd voor verbinding is verstreken", "Verbinding is verlopen", "time-out van de verbinding", "verbinding verbroken: time-out",
    "połączona strona nie odpowiedziała poprawnie", "Przekroczono czas oczekiwania na połączenie", "Upłynął limit czasu połączenia", "przekroczony czas połączenia",
    "anslutna parten inte svarade korrekt", "Tidsgränsen för anslutningen", "Förbindelsen gjorde timeout", "anslutningen överskred tidsgränsen", "tidsgränsen för förbindelsen",
    "за требуемое время не получен нужный отклик", "Время ожидания соединения истекло", "истекло время ожидания соединения", "превышено время ожидания соединения", "тайм-аут соединения", "превышен таймаут",
    "连接方在一段时间后没有正确答复", "连接超时", "連線對象有一段時間並未正確回應", "連線逾時", "连接尝试失败", "連線嘗試失敗",
    "一定の時間を過ぎても正しく応答しなかった", "接続がタイムアウト", "接続タイムアウト",
)
READ_TIMED_OUT: Final = (
    "Das Zeitlimit für den Vorgang wurde", "Timeout für Vorgang überschritten", "Zeitlimit des Vorgangs", "L'opération a expiré", "délai d'attente de l'opération a expiré", "le délai d'attente de l'opération", "La operación ha superado el tiempo de espera", "se ha agotado el tiempo de espera de la operación",
    "Timeout operazione", "tempo limite dell'operazione", "Il timeout dell'operazione", "O tempo limite da operação", "A operação expirou", "a operação atingiu o tempo limite", "time-out van de bewerking", "er is een time-out opgetreden",
    "Upłynął limit czasu operacji", "Przekroczono limit czasu operacji", "Åtgärden avbröts på grund av timeout", "tidsgränsen för åtgärden", "Время ожидания операции истекло", "Превышено время ожидания операции", "истекло время ожидания операции", "操作超时", "操作已超时", "作業逾時",
    "操作がタイムアウト", "操作はタイムアウト",
)
REFUSED: Final = (
    "Zielcomputer die Verbindung verweigerte", "Verbindungsaufbau abgelehnt", "Verbindung verweigert", "Verbindung abgelehnt", "l'ordinateur cible l'a expressément refusée", "Connexion refusée", "equipo de destino denegó expresamente",
    "Conexión rehusada", "Conexión rechazada", "conexión denegada", "Rifiuto persistente del computer di destinazione", "Connessione rifiutata", "máquina de destino as recusou ativamente", "Conexão recusada", "ligação recusada", "ativamente recusada",
    "doelcomputer de verbinding actief heeft geweigerd", "doelcomputer de verbinding heeft geweigerd", "Verbinding is geweigerd", "verbinding geweigerd", "komputer docelowy aktywnie jej odmawia", "komputer docelowy aktywnie go odmawia", "komputer docelowy aktywnie odmawia", "Połączenie odrzucone", "måldatorn aktivt nekade", "Förbindelse vägras",
    "Anslutning nekad", "anslutningen nekades", "anslutning vägrades", "компьютер отверг запрос на подключение", "В соединении отказано", "目标计算机积极拒绝", "连接被拒绝", "拒绝连接", "目標電腦拒絕連線", "連線被拒", "拒絕連線", "によって拒否されたため", "接続を拒否されました", "接続が拒否されました",
)
UNKNOWN_HOST: Final = (
    "Der angegebene Host ist unbekannt", "kein solcher Host bekannt", "Der Host ist unbekannt", "Dieser Host ist nicht bekannt", "Remotename konnte nicht aufgelöst werden", "Name oder der Dienst ist nicht bekannt", "Name oder Dienst nicht bekannt", "Fehler bei der Namensauflösung", "Unbekannter Host",
    "Hôte inconnu", "nom distant n'a pas pu être résolu", "Nom ou service inconnu", "Echec temporaire dans la résolution du nom", "aucun hôte de ce type n'est connu", "échec de la résolution de nom", "Host desconocido", "Nombre o servicio desconocido", "No se puede resolver el nombre remoto", "no es posible resolver el nombre remoto",
    "No se ha podido resolver el nombre remoto", "Fallo temporal en la resolución del nombre", "fallo temporal al resolver el nombre", "servidor desconocido", "Host sconosciuto", "Impossibile risolvere il nome remoto", "Nome o servizio sconosciuto", "risoluzione del nome", "risoluzione dei nomi", "Este host não é conhecido", "host não é conhecido",
    "nome remoto não pôde ser resolvido", "Nome ou serviço desconhecido", "resolução de nome", "host desconhecido", "Host is onbekend", "onbekende host", "externe naam kan niet worden omgezet", "Naam of dienst is niet bekend", "naamsherleiding", "Nieznany host", "host jest nieznany", "nazwa hosta jest nieznana", "Nie można rozpoznać nazwy zdalnej",
    "Nieznana nazwa lub usługa", "rozwiązywania nazw", "rozwiązywaniu nazw", "Värden är okänd", "okänd värd", "ingen sådan värd är känd", "Fjärrnamnet kunde inte matchas", "Fjärrnamnet gick inte att matcha", "Namn eller tjänst okänd", "Namnet eller tjänsten är inte känd", "namnuppslagning", "namnmatchning", "Этот хост неизвестен",
    "хост неизвестен", "разрешить удаленное имя", "Имя или служба не известны", "Неизвестное имя или служба", "сбой в разрешении имен", "сбой в разрешении имени", "не удается разрешить имя", "不知道这样的主机", "未能解析此远程名称", "无法解析远程名称", "无法解析此远程名称", "未知的名称或服务", "名称或服务未知", "域名解析", "名称解析", "無法識別這台主機", "無法解析遠端名稱", "無法識別的主機", "名稱解析",
    "そのようなホストは不明です", "リモート名を解決できませんでした", "名前またはサービスが不明", "名前解決",
)
UNREACHABLE: Final = (
    "Netzwerk ist nicht erreichbar", "Netzwerk nicht erreichbar", "Keine Route zum Zielrechner", "Kein Weg zum Zielrechner", "Host war bei einem Socketvorgang nicht erreichbar", "da der Host nicht erreichbar", "Le réseau n'est pas accessible", "réseau inaccessible", "Aucun chemin d'accès pour atteindre", "aucune route vers", "La red es inaccesible", "red inaccesible",
    "red no accesible", "No existe ninguna ruta hasta", "no hay ruta hasta", "ninguna ruta al host", "Rete non raggiungibile", "rete non è raggiungibile", "Nessun instradamento per", "nessuna route verso", "A rede está fora de alcance", "Rede inacessível", "rede inalcançável", "Não há rota para", "sem rota para", "netwerk is onbereikbaar", "netwerk is niet bereikbaar",
    "Geen route naar host", "Sieć jest niedostępna", "sieć jest nieosiągalna", "Brak trasy do hosta", "Nätverket kan inte nås", "Nätet är onåbart", "nätverket är inte tillgängligt", "Ingen väg till värd", "Сеть недоступна", "Нет маршрута", "сделана попытка выполнить операцию на сокете при отключенной сети", "网络不可达", "网络不可访问", "無法連線到網路", "没有到主机的路由", "向一个无法连接的网络尝试", "ネットワークに届きません", "ホストへの経路がありません", "到達できないネットワーク",
)
RESET: Final = (
    "vom Remotehost geschlossen", "Die Verbindung wurde vom Kommunikationspartner zurückgesetzt", "Verbindung vom Kommunikationspartner zurückgesetzt", "être fermée par l'hôte distant", "Connexion ré-initialisée par le correspondant", "Connexion réinitialisée par le correspondant", "interrupción de una conexión existente por el host remoto", "Conexión reinicializada por la máquina remota", "interrotta forzatamente dall'host remoto",
    "Connessione interrotta dal corrispondente", "cancelamento de uma conexão existente pelo host remoto", "Conexão fechada pela outra ponta", "geforceerd gesloten door de externe host", "Verbinding is weggevallen", "gwałtownie zamknięte przez zdalnego hosta", "Połączenie zerwane przez drugą stronę", "tvingades att stänga av fjärrvärddatorn", "stängdes av fjärrvärden",
    "Förbindelse borttagen av partnern", "принудительно разорвал существующее подключение", "Соединение разорвано другой стороной", "远程主机强迫关闭了一个现有的连接", "连接被对方重设", "連接被對方重設", "遠端主機已強制關閉", "リモート ホストに強制的に切断", "接続が相手からリセット",
)
BAD_CERTIFICATE: Final = (
    "Remotezertifikat ist laut Validierungsverfahren ungültig", "Remotezertifikat ist ungültig", "Le certificat distant n'est pas valide", "certificado remoto no es válido", "certificato remoto non è stato ritenuto valido", "certificato remoto non è valido", "certificado remoto é inválido", "externe certificaat is ongeldig", "Certyfikat zdalny jest nieprawidłowy", "zdalny certyfikat jest nieprawidłowy",
    "Fjärrcertifikatet är ogiltigt", "Удаленный сертификат недействителен", "远程证书无效", "遠端憑證是無效的", "遠端憑證無效", "リモート証明書は無効",
)
CLOSED_IN_HANDSHAKE: Final = (
    "Gegenseite den Transportstream geschlossen", "partie distante a fermé le flux de transport", "parte remota ha cerrado la secuencia de transporte", "parte remota ha cerrado el flujo de transporte", "parte remota ha chiuso il flusso di trasporto", "parte remota fechou o fluxo de transporte", "externe partij de transportstroom heeft gesloten", "strona zdalna zamknęła strumień transportu", "fjärrparten har stängt transportströmmen",
    "удаленная сторона закрыла транспортный поток", "远程方已关闭传输流", "遠端已關閉傳輸資料流", "リモート パーティによってトランスポート ストリームが閉じられた",
    "nicht über einen gemeinsamen Algorithmus verfügen", "ne possèdent pas un algorithme commun", "no disponen de un algoritmo común", "non dispongono di un algoritmo comune", "não possuem um algoritmo comum", "geen gemeenschappelijk algoritme", "nie mają wspólnego algorytmu", "не обладают общим алгоритмом", "没有通用的算法", "共通のアルゴリズム",
)
NOT_AUTHENTICATED: Final = (
    "SMTP-Server erfordert eine sichere Verbindung", "serveur SMTP requiert une connexion sécurisée", "serveur SMTP exige une connexion sécurisée", "servidor SMTP requiere una conexión segura", "server SMTP richiede una connessione protetta", "servidor SMTP requer uma conexão segura", "SMTP-server vereist een beveiligde verbinding", "Serwer SMTP wymaga bezpiecznego połączenia",
    "SMTP-servern kräver en säker anslutning", "SMTP-сервер требует безопасное", "Для SMTP-сервера требуется безопасное", "SMTP 服务器要求安全连接", "SMTP 伺服器需要安全連", "SMTP サーバーに安全な接続が必要",
)
